// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// A server that misbehaves as a test says: each connection is handed to a closure on a thread of its own.
public final class RawServer: @unchecked Sendable {
    public let port: Int
    private let descriptor: Int32
    private let accepted = Atomic<Int>(0)

    /// Connections accepted so far.
    public var connections: Int { accepted.load(ordering: .relaxed) }

    /// - Parameter serve: Gets each connection and its number, from 1; the connection closes when it returns.
    public init(_ serve: @escaping @Sendable (RawSocket, Int) -> Void) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard result else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        port = Int(in_port_t(bigEndian: address.sin_port))
        self.descriptor = descriptor
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                let number = self?.accepted.add(1, ordering: .relaxed).newValue ?? 0
                let socket = RawSocket(adopting: connection)
                Thread.detachNewThread {
                    serve(socket, number)
                    socket.close()
                }
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    public var url: String { "http://127.0.0.1:\(port)" }
}

/// The URL of a port on which nobody listens.
public func deadURL() throws -> String {
    try RawServer { _, _ in }.url
}
