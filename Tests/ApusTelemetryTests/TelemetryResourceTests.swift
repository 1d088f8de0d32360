// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import Foundation
import Logging
import Testing

@Suite("What a process says of itself")
struct TelemetryResourceTests {
    private let resource = TelemetryResource(
        service: "orders", attributes: [.init("service.version", "1.2\"3"), .init("team", "blue")])

    @Test("stands in each line of the log, beside a line's own field of that name")
    func lines() throws {
        let target = MemoryLogTarget()
        let output = LogOutput(target: target, resource: resource)
        output.logger(label: "x").info("hello", metadata: ["resource": "disk"])
        output.flush()
        let line = try #require(target.lines.first)
        #expect(line.contains(##""service":"orders","resource":{"service.version":"1.2\"3","team":"blue"}"##))
        #expect(line.contains(#""fields.resource":"disk""#))
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }

    @Test("is left out of lines where there is nothing but a name")
    func nothing() {
        let target = MemoryLogTarget()
        let output = LogOutput(target: target, service: "orders")
        output.logger(label: "x").info("hello")
        output.flush()
        #expect(target.lines.first?.contains("resource") == false)
    }

    @Test(
        "is target_info in the metrics; what is given goes before defaults",
        arguments: [PrometheusFormat.text, .openMetrics])
    func metrics(format: PrometheusFormat) {
        let metrics = MetricsRegistry()
        TelemetryResource(service: "orders", attributes: [.init("a.b", "1")]).register(
            in: metrics, defaults: [.init("a.b", "0"), .init("c", "2")])
        let text = String(decoding: PrometheusText.write(metrics, format), as: UTF8.self)
        #expect(text.contains(##"target_info{a_b="1",c="2",service_name="orders"} 1"##), "\(text)")
    }
}
