// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation

/// What a nats-server says of its consumers, at the port for monitoring.
enum JetStreamMonitor {
    private struct Report: Decodable {
        struct Account: Decodable { var stream_detail: [Stream]? }
        struct Stream: Decodable { var consumer_detail: [Consumer]? }
        struct Consumer: Decodable {
            var num_pending: Int
            var num_ack_pending: Int
        }

        var account_details: [Account]?
    }

    /// Messages that a consumer hasn't got yet, or hasn't acknowledged.
    static func openMessages(port: Int) throws -> Int {
        let connection = try RawConnection(port: port)
        // In the old version the body isn't cut into chunks, and ends with the connection.
        try connection.send("GET /jsz?consumers=1 HTTP/1.0\r\n\r\n")
        var received: [UInt8] = []
        try withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 1) { buffer in
            while true {
                let count = try connection.receive(into: buffer)
                guard count > 0 else { break }
                received += buffer[..<count]
            }
        }
        let text = String(decoding: received, as: UTF8.self)
        guard text.split(separator: " ").dropFirst().first == "200", let start = text.range(of: "\r\n\r\n") else {
            throw ConformanceFailure("the monitor answers \(text.prefix(500))")
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(text[start.upperBound...].utf8))
        let consumers = (report.account_details ?? []).flatMap { $0.stream_detail ?? [] }
            .flatMap { $0.consumer_detail ?? [] }
        return consumers.map { $0.num_pending + $0.num_ack_pending }.reduce(0, +)
    }
}
