// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusTelemetry
import Foundation
import Testing

@Suite("What Prometheus itself says")
struct PromtoolTests {
    private static let path = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    @Test("promtool finds nothing to say about our own metrics", .enabled(if: path != nil, "promtool is not installed"))
    func ownMetrics() throws {
        let registry = MetricsRegistry(seriesLimit: 5)
        ProcessMetrics.register(in: registry)
        let metrics = HTTPMetrics(registry)
        for status in [200, 404, 418, 503, 700] {
            metrics.route(method: "GET", "/v1/users/{id}").record(status: status, nanoseconds: 1_000_000)
        }
        metrics.client(service: "users").begin()
        metrics.client(service: "users").end(failure: .connectFailed, nanoseconds: 5)
        for number in 0..<10 { metrics.client(service: "s\(number)").begin() }
        let (status, output) = try check(PrometheusText.write(registry))
        #expect(status == 0, "\(output)")
        #expect(output.isEmpty)
    }

    @Test("promtool can read whatever we write", .enabled(if: path != nil, "promtool is not installed"))
    func oddMetrics() throws {
        let registry = PrometheusTextTests.sample()
        for (index, text) in EscapingTests.corpus.enumerated() {
            registry.gauge("corpus", "\(text)", labels: ["v": text, "k\(text)": "\(index)"]).set(Double(index))
        }
        // 3 means that its linter has an opinion about the names; 1, that it can't read it.
        let (status, output) = try check(PrometheusText.write(registry))
        #expect(status == 0 || status == 3, "\(output)")
    }

    private func check(_ text: [UInt8]) throws -> (status: Int32, output: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "apus-metrics-\(UUID().uuidString)")
        try Data(text).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: try #require(Self.path))
        process.arguments = ["check", "metrics"]
        let output = Foundation.Pipe()
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try FileManager.default.removeItem(at: file)
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }
}
