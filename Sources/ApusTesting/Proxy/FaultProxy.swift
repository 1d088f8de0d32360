// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Foundation
internal import Synchronization

/// A proxy on loopback between a client and a real server, which makes the network as bad as a test wants it: it delays,
/// cuts, stalls and corrupts. Real sockets, one thread, at most 1,000 connections with half a megabyte each.
///
/// ```swift
/// let proxy = try FaultProxy(to: .port(server.port), faults: .init(cutAfter: 100...5000), seed: 7)
/// let database = try PostgresDatabase.open(url: server.url(port: proxy.port))
/// ```
/// The same seed draws the same numbers for the first connection, the second, and so on; what goes through which is up to
/// the client.
public final class FaultProxy: Sendable {
    /// Where the server is.
    public enum Target: Sendable {
        /// On 127.0.0.1.
        case port(Int)
        /// A Unix socket.
        case unix(path: String)
    }

    /// What couldn't be done.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Where it listens, on 127.0.0.1.
    public let port: Int
    /// What chance is drawn from; to be shown when a test fails.
    public let seed: UInt64
    private let loop: ProxyLoop

    /// A proxy that listens. Each of its connections is one to `target`, which may come and go.
    ///
    /// - Throws: ``Failure`` when the process has no descriptor or port left.
    public init(to target: Target, faults: ProxyFaults = .init(), seed: UInt64) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 1024) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        var ends: [Int32] = [-1, -1]
        guard isListening, pipe(&ends) == 0 else {
            let reason = String(cString: strerror(errno))
            close(listener)
            throw Failure(description: "the proxy can't listen: \(reason)")
        }
        for descriptor in ends + [listener] {
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        self.seed = seed
        let loop = ProxyLoop(listener: listener, target: target, faults: faults, wakeEnds: (ends[0], ends[1]))
        self.loop = loop
        Thread.detachNewThread { loop.run(random: FastRandom(seed: seed)) }
    }

    deinit {
        stop()
    }

    /// What happens to connections that are made from now on.
    public var faults: ProxyFaults {
        get { loop.orders.withLock { $0.faults } }
        set { loop.order { $0.faults = newValue } }
    }

    /// What it holds and did.
    public var statistics: ProxyStatistics { loop.orders.withLock { $0.statistics } }

    /// Lets nothing through, on any connection, until ``resume()``. Connections are still taken.
    public func pause() {
        loop.order { $0.isPaused = true }
    }

    /// Goes on after ``pause()``.
    public func resume() {
        loop.order { $0.isPaused = false }
    }

    /// Cuts every connection there is.
    public func cutAll() {
        loop.order { $0.cutsAll = true }
    }

    /// Cuts every connection and takes no more.
    public func stop() {
        loop.order { $0.isStopped = true }
    }
}

extension FaultProxy.Target {
    /// A connected socket; nil if there is no server.
    func connect() -> Int32? {
        let descriptor: Int32
        let status: Int32
        switch self {
        case .port(let port):
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            status = Self.connect(descriptor, sockaddr_in(port: port))
        case .unix(let path):
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            status = Self.connect(descriptor, address)
        }
        if status == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    private static func connect<Address>(_ descriptor: Int32, _ address: Address) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                Foundation.connect(descriptor, pointer, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}

extension sockaddr_in {
    /// A port of 127.0.0.1.
    init(port: Int) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = in_port_t(UInt16(port)).bigEndian
        sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    }
}
