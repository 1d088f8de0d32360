// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusTelemetry
import Foundation
import Logging
import Testing

@Suite("JSON log lines")
struct JSONLogHandlerTests {
    @Test("A line has time, level, message, logger and service first, in this order")
    func plainLine() {
        let log = TestLog()
        log.logger.notice("order placed", metadata: ["order": .stringConvertible(17)])
        #expect(
            log.text() == """
                {"time":"2026-11-22T19:49:44.123Z","level":"notice","message":"order placed","logger":"shop.orders",\
                "service":"orders","order":17}

                """)
    }

    @Test("Without a service's name there is no such field")
    func noService() throws {
        let log = TestLog(service: "")
        log.logger.info("x")
        #expect(try log.object()["service"] == nil)
    }

    @Test(
        "Each level has swift-log's name",
        arguments: Logger.Level.allCases)
    func levels(level: Logger.Level) throws {
        let log = TestLog(level: .trace)
        log.logger.log(level: level, "x")
        #expect(try log.object()["level"] as? String == level.rawValue)
    }

    @Test("Numbers and truth values stay what they are, the rest is text")
    func values() throws {
        let log = TestLog()
        log.logger.info(
            "x",
            metadata: [
                "int": .stringConvertible(-17), "int64": .stringConvertible(Int64.min),
                "uint64": .stringConvertible(UInt64.max), "uint": .stringConvertible(UInt(3)),
                "double": .stringConvertible(1.25), "yes": .stringConvertible(true), "no": .stringConvertible(false),
                "nan": .stringConvertible(Double.nan), "interpolated": "\(17)",
                "duration": .stringConvertible(Duration.seconds(1)),
                "list": ["a", .stringConvertible(2), []], "map": ["a": ["b": "c"]],
            ])
        let text = log.text()
        for part in [
            #""int":-17"#, #""int64":-9223372036854775808"#, #""uint64":18446744073709551615"#, #""uint":3"#,
            #""double":1.25"#, #""yes":true"#, #""no":false"#, #""nan":"nan""#, #""interpolated":"17""#,
            #""duration":"1.0 seconds""#, #""list":["a",2,[]]"#, #""map":{"a":{"b":"c"}}"#,
        ] {
            #expect(text.contains(part))
        }
        _ = try log.object()
    }

    @Test("The event's error is described, and a field of that name makes way")
    func errors() throws {
        let log = TestLog()
        var logger = log.logger
        logger[metadataKey: "error"] = "the logger's"
        logger.error(
            "failed", error: CallFailure(.connectFailed, "refused", stage: .connect, mayHaveReachedPeer: false))
        let object = try log.object()
        #expect(object["error"] as? String == "connect_failed at connect: refused")
        #expect(object["fields.error"] as? String == "the logger's")
    }

    @Test("A field called error stays at the top when the event has none")
    func errorField() throws {
        let log = TestLog()
        log.logger.error("failed", metadata: ["error": "mine"])
        #expect(try log.object()["error"] as? String == "mine")
    }

    @Test("The event's metadata wins over the provider's, and that over the logger's; each key stands once")
    func precedence() throws {
        let log = TestLog()
        let provider = Logger.MetadataProvider { ["a": "provider", "b": "provider", "p": "provider"] }
        var logger = Logger(label: "x") { log.output.handler(label: $0, metadataProvider: provider) }
        for key in ["a", "b", "c", "l"] { logger[metadataKey: key] = "logger" }
        logger.info("x", metadata: ["a": "event", "c": "event", "e": "event"])
        let text = log.text()
        let object = try log.object()
        let expected = ["a": "event", "b": "provider", "c": "event", "p": "provider", "l": "logger", "e": "event"]
        for (key, value) in expected {
            #expect(object[key] as? String == value)
            #expect(text.components(separatedBy: "\"\(key)\":").count == 2, "\(key) stands once")
        }
    }

    @Test("A field that is called like one of the line's own is kept under another name")
    func reservedKeys() throws {
        let log = TestLog()
        log.logger.info(
            "said",
            metadata: [
                "level": "mine", "time": "mine", "message": "mine", "logger": "mine", "service": "mine",
                "truncated": "mine",
                "fields.level": "second", "fields.other": "plain",
            ])
        let object = try log.object()
        #expect(object["message"] as? String == "said")
        #expect(object["level"] as? String == "info")
        for key in ["level", "time", "message", "logger", "service", "truncated"] {
            #expect(object["fields.\(key)"] as? String == "mine")
        }
        #expect(object["fields.fields.level"] as? String == "second")
        #expect(object["fields.other"] as? String == "plain")
    }

    @Test("What a logger carries may be changed, taken away and replaced")
    func loggerMetadata() throws {
        let log = TestLog()
        var logger = log.logger
        logger[metadataKey: "a"] = "1"
        logger[metadataKey: "b"] = "2"
        logger[metadataKey: "a"] = "3"
        logger[metadataKey: "b"] = nil
        logger[metadataKey: "c"] = .stringConvertible(4)
        let other = logger
        logger.handler.metadata = ["only": "this"]
        other.info("x")
        let object = try log.object()
        #expect(object["a"] as? String == "3")
        #expect(object["b"] == nil)
        #expect(object["c"] as? Int == 4)
        #expect(object["only"] == nil)
        logger.info("y")
        #expect(log.text().hasSuffix(#""service":"orders","only":"this"}"# + "\n"))
        #expect(logger[metadataKey: "only"] == "this")
    }

    @Test("The request and the trace of the task are named")
    func callContext() throws {
        let log = TestLog()
        let trace = TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        CallContext.$current.withValue(CallContext(requestID: RequestID("abc-1"), trace: trace)) {
            log.logger.info("x")
        }
        let object = try log.object()
        #expect(object["request_id"] as? String == "abc-1")
        #expect(object["trace_id"] as? String == "0af7651916cd43dd8448eb211c80319c")
        #expect(object["span_id"] as? String == "b7ad6b7169203331")
    }

    @Test("Ids that metadata names are not named again", arguments: [true, false])
    func explicitIDs(byLogger: Bool) throws {
        let log = TestLog()
        let trace = TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        var logger = log.logger
        let ids: Logger.Metadata = ["request_id": "mine", "trace_id": "mine"]
        if byLogger { logger.handler.metadata = ids }
        CallContext.$current.withValue(CallContext(requestID: RequestID("abc-1"), trace: trace)) {
            logger.info("x", metadata: byLogger ? nil : ids)
        }
        let object = try log.object()
        #expect(object["request_id"] as? String == "mine")
        #expect(object["trace_id"] as? String == "mine")
        #expect(object["span_id"] as? String == "b7ad6b7169203331")
        #expect(log.text().components(separatedBy: "request_id").count == 2)
    }

    @Test("The metadata provider for other handlers names the same ids")
    func provider() {
        let trace = TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        let context = CallContext(requestID: RequestID("abc-1"), trace: trace)
        let metadata = CallContext.$current.withValue(context) { Logger.MetadataProvider.callContext.get() }
        #expect(
            metadata.mapValues(\.description) == [
                "request_id": "abc-1", "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
            ])
        #expect(Logger.MetadataProvider.callContext.get().isEmpty)
    }

    @Test("A value whose description logs writes both lines")
    func reentrant() {
        struct Chatty: CustomStringConvertible, Sendable {
            let logger: Logger
            var description: String {
                logger.info("inner")
                return "value"
            }
        }
        let log = TestLog()
        log.logger.info("outer", metadata: ["chatty": .stringConvertible(Chatty(logger: log.logger))])
        let lines = log.text().split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].contains("\"inner\""))
        #expect(lines[1].contains("\"chatty\":\"value\""))
    }

    @Test("Lines that are lost are announced as a line of their own")
    func announcement() {
        let target = GatedTarget()
        let output = LogOutput(target: target, service: "orders", capacity: 150, clock: { TestLog.time })
        let logger = output.logger(label: "x")
        logger.info("one")
        #expect(target.waitUntilAsked())
        logger.info("two")
        target.open()
        #expect(output.flush(within: .seconds(10)))
        #expect(
            target.memory.lines.last == #"{"time":"2026-11-22T19:49:44.123Z","level":"warning","#
                + #""message":"log lines were dropped","logger":"apus.log","service":"orders","dropped":1}"#)
    }
}
