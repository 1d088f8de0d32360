// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A connection to a port of this machine that sends exactly what it is told. Blocks.
final class RawSocket {
    struct Failure: Error {
        let what: String
        let reason = String(cString: strerror(errno))
    }

    private let descriptor: Int32

    /// Connects; reads that take longer than ten seconds fail.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(what: "socket") }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafeBytes(of: &address) {
            connect(
                descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self),
                socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        guard result == 0 else { throw Failure(what: "connect") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure(what: "write") }
            rest = rest.dropFirst(count)
        }
    }

    /// Says that nothing more follows.
    func endSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// What comes until the peer closes.
    func readToEnd() throws -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == ECONNRESET { return String(decoding: bytes, as: UTF8.self) }
            guard count >= 0 else { throw Failure(what: "read") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }
}
