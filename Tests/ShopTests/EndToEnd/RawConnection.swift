// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation

/// A blocking connection that does what it is told, byte for byte, and nothing by itself.
final class RawConnection: Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        try wait(SO_RCVTIMEO, .seconds(20))
    }

    deinit { close(descriptor) }

    /// How long ``send(_:)`` waits for room.
    func waitForRoom(_ duration: Duration) throws { try wait(SO_SNDTIMEO, duration) }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard try bytes.withUnsafeBytes({ try send($0) }) == bytes.count else { throw POSIXError(.EAGAIN) }
    }

    /// - Returns: how many bytes there was room for in time.
    func send(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = Foundation.send(
                descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            if count < 0 {
                if errno == EAGAIN { break }
                throw POSIXError(.init(rawValue: errno) ?? .EIO)
            }
            sent += count
        }
        return sent
    }

    /// - Returns: the number of bytes that came; 0 if the peer has closed.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        guard count >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        return count
    }

    /// Bytes that have arrived and weren't received yet.
    var unread: Int {
        var count: Int32 = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    /// A response whose head announces its length, and which fits into some kilobytes.
    func receiveResponse() throws -> (status: Int, text: String) {
        var received: [UInt8] = []
        try withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 1) { buffer in
            while !Self.isComplete(received) {
                let count = try receive(into: buffer)
                guard count > 0 else { throw ConformanceFailure("the connection closed") }
                received += buffer[..<count]
            }
        }
        let text = String(decoding: received, as: UTF8.self)
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0, text)
    }

    private static func isComplete(_ bytes: [UInt8]) -> Bool {
        let parts = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n")
        guard parts.count > 1 else { return false }
        let length = parts[0].lowercased().components(separatedBy: "\r\ncontent-length: ").dropFirst().first
            .flatMap { Int($0.prefix { $0.isNumber }) }
        return parts.dropFirst().joined(separator: "\r\n\r\n").utf8.count >= length ?? 0
    }

    private func wait(_ option: Int32, _ duration: Duration) throws {
        let (seconds, attoseconds) = duration.components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        guard setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size)) == 0 else {
            throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
    }
}
