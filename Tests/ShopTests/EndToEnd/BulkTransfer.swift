// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation

/// Bytes without end in one request or one response, from and to a blocking socket.
enum BulkTransfer {
    private static let piece = 256 << 10

    /// Asks for `bytes` as a response.
    static func ask(for bytes: Int, port: Int) throws -> RawConnection {
        let connection = try RawConnection(port: port)
        try connection.send("GET /v1/bytes/\(bytes) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        return connection
    }

    /// Receives the `bytes` that were asked for.
    static func receive(_ bytes: Int, from connection: RawConnection) throws {
        var received = 0
        var head: [UInt8] = []
        try withUnsafeTemporaryAllocation(byteCount: piece, alignment: 16) { buffer in
            while true {
                let count = try connection.receive(into: buffer)
                guard count > 0 else { break }
                if received == 0 { head = Array(buffer[..<min(count, 2048)]) }
                received += count
            }
        }
        let text = String(decoding: head, as: UTF8.self)
        let length = text.components(separatedBy: "\r\n\r\n")[0].utf8.count + 4
        guard text.hasPrefix("HTTP/1.1 200 "), received - length == bytes else {
            throw ConformanceFailure("\(received) bytes came: \(text.prefix(500))")
        }
    }

    /// Sends `bytes` as a request.
    ///
    /// - Parameter stalled: called when there is no room for more; lets go whoever holds the bytes up.
    static func upload(_ bytes: Int, port: Int, stalled: () throws -> Void) throws {
        let connection = try RawConnection(port: port)
        try connection.send("PUT /v1/bytes HTTP/1.1\r\nHost: test\r\nContent-Length: \(bytes)\r\n\r\n")
        try connection.waitForRoom(.milliseconds(300))
        var hasStalled = false
        var sent = 0
        try withUnsafeTemporaryAllocation(byteCount: piece, alignment: 16) { buffer in
            buffer.initializeMemory(as: UInt8.self, repeating: 0x61)
            while sent < bytes {
                let wanted = min(piece, bytes - sent)
                let count = try connection.send(UnsafeRawBufferPointer(rebasing: buffer[..<wanted]))
                sent += count
                if count < wanted {
                    guard !hasStalled else { throw ConformanceFailure("nothing moves after \(sent) bytes") }
                    hasStalled = true
                    try stalled()
                    try connection.waitForRoom(.seconds(20))
                }
            }
        }
        guard hasStalled else { throw ConformanceFailure("\(bytes) bytes went somewhere while nobody took them") }
        let answer = try connection.receiveResponse()
        guard answer.status == 200, answer.text.contains("\"bytes\":\(bytes)") else {
            throw ConformanceFailure("answered \(answer.text)")
        }
    }
}
