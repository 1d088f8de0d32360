// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusTelemetry
import Foundation
import Logging
import Testing

@Suite("The access log")
struct AccessLogTests {
    @Test("A line has the logger's fields, status, duration, bytes and ids")
    func line() {
        let log = TestLog()
        var logger = log.logger
        logger[metadataKey: "route"] = "/v1/orders/{id}"
        var random = SystemRandomNumberGenerator()
        let id = RequestID(using: &random)
        CallContext.$current.withValue(CallContext(requestID: id)) {
            AccessLog(logger, level: .info).answered(status: 200, nanoseconds: 12_034_999, bytes: 57)
        }
        #expect(
            log.text() == """
                {"time":"2026-11-22T19:49:44.123Z","level":"info","message":"request","logger":"shop.orders",\
                "service":"orders","route":"/v1/orders/{id}","status":200,"duration_ms":12.034,"bytes":57,\
                "request_id":"\(id)"}

                """)
    }

    @Test("Every way to a line says the same", arguments: [0, 999, 1_000, 250_000, 1_000_000, 61_000_000_000])
    func ways(nanoseconds: Int64) throws {
        let (plain, named, provided) = (TestLog(), TestLog(), TestLog())
        AccessLog(plain.logger, level: .notice).answered(status: 404, nanoseconds: nanoseconds, bytes: 0)
        // A field of the same name, and a provider, are for the handler to sort out.
        var logger = named.logger
        logger[metadataKey: "status"] = "the logger's"
        AccessLog(logger, level: .notice).answered(status: 404, nanoseconds: nanoseconds, bytes: 0)
        let provider = Logger.MetadataProvider { ["bytes": "the provider's"] }
        let handler = JSONLogHandler(label: "shop.orders", output: provided.output, metadataProvider: provider)
        AccessLog(Logger(label: "shop.orders") { _ in handler }, level: .notice)
            .answered(status: 404, nanoseconds: nanoseconds, bytes: 0)
        let object = try plain.object() as NSDictionary
        #expect(object == (try named.object() as NSDictionary))
        #expect(object == (try provided.object() as NSDictionary))
        #expect(object["duration_ms"] as? Double == Double(nanoseconds / 1000) / 1000)
    }

    @Test("Nothing is written below the level, and other handlers get an event")
    func levels() {
        let quiet = TestLog(level: .warning)
        AccessLog(quiet.logger, level: .info).answered(status: 200, nanoseconds: 1, bytes: 1)
        #expect(quiet.text().isEmpty)
        let console = TestLog(.console)
        AccessLog(console.logger, level: .info).answered(status: 200, nanoseconds: 1_500_000, bytes: 9)
        let text = console.text()
        for part in ["request", "status=200", "duration_ms=1.5", "bytes=9"] { #expect(text.contains(part)) }
    }
}
