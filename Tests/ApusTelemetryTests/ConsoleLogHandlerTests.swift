// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusTelemetry
import Logging
import Testing

@Suite("Console log lines")
struct ConsoleLogHandlerTests {
    @Test("A line has time, level, message, fields sorted by name, and the logger")
    func plainLine() throws {
        let log = TestLog(.console)
        log.logger.warning("order placed", metadata: ["b": "two words", "a": "1", "empty": "", "quote": "a\"b"])
        let line = try #require(log.text().wholeMatch(of: /(\d\d:\d\d:44\.123) (.*)\n/))
        #expect(line.2 == #"WARN  order placed  a=1 b="two words" empty="" quote="a\"b"  (shop.orders)"#)
    }

    @Test("Request, trace and error are fields like others")
    func context() {
        let log = TestLog(.console)
        let trace = TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        CallContext.$current.withValue(CallContext(requestID: RequestID("abc-1"), trace: trace)) {
            log.logger.error(
                "failed", error: CallFailure(.cancelled, "gone", stage: .response, mayHaveReachedPeer: true),
                metadata: ["zebra": "z"])
        }
        #expect(
            log.text().hasSuffix(
                #"failed  error="cancelled at response: gone" request_id=abc-1 "#
                    + "trace_id=0af7651916cd43dd8448eb211c80319c zebra=z  (shop.orders)\n"))
    }

    @Test("Colours appear only if they are asked for, and are always ended")
    func colors() {
        let plain = TestLog(.console)
        plain.logger.error("x", metadata: ["a": "b"])
        #expect(!plain.text().contains("\u{1B}"))
        let colored = TestLog(.console, isColored: true)
        colored.logger.error("x", metadata: ["a": "b"])
        let text = colored.text()
        #expect(text.contains("\u{1B}[31mERROR\u{1B}[0m x"))
        #expect(text.ranges(of: "\u{1B}[").count == 2 * text.ranges(of: "\u{1B}[0m").count)
    }

    @Test("Lines that are lost are announced in the same look")
    func announcement() {
        let target = GatedTarget()
        let output = LogOutput(target: target, service: "", format: .console, capacity: 40, clock: { TestLog.time })
        output.logger(label: "x").info("one")
        #expect(target.waitUntilAsked())
        output.logger(label: "x").info("two")
        target.open()
        #expect(output.flush(within: .seconds(10)))
        #expect(
            target.memory.lines.last
                == "2026-11-22T19:49:44.123Z WARN  log lines were dropped  dropped=1  (apus.log)")
    }
}
