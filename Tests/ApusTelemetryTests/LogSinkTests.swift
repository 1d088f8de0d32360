// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import Dispatch
import Testing

@Suite("The log sink")
struct LogSinkTests {
    @Test("Lines arrive in the order in which they were appended")
    func order() {
        let target = MemoryLogTarget()
        let sink = LogSink(target: target)
        for number in 0..<1000 { #expect(sink.append("\(number)\n")) }
        #expect(sink.flush(within: .seconds(10)))
        #expect(target.lines == (0..<1000).map { "\($0)" })
        #expect(sink.lostLines == 0)
    }

    @Test("Concurrent writers lose nothing below the bound, and each writer's lines keep their order")
    func concurrentWriters() {
        let target = MemoryLogTarget()
        let sink = LogSink(target: target, capacity: 8 << 20)
        DispatchQueue.concurrentPerform(iterations: 8) { writer in
            for number in 0..<2000 {
                sink.append("\(writer) \(number) \(String(repeating: "x", count: number % 90))\n")
            }
        }
        #expect(sink.flush(within: .seconds(10)))
        #expect(sink.lostLines == 0)
        var next = [Int](repeating: 0, count: 8)
        var isIntact = true
        for line in target.lines {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, let writer = Int(parts[0]), let number = Int(parts[1]) else {
                isIntact = false
                break
            }
            isIntact = isIntact && next[writer] == number && parts[2].count == number % 90
            next[writer] += 1
        }
        #expect(isIntact)
        #expect(next == [Int](repeating: 2000, count: 8))
    }

    @Test("What doesn't fit is dropped and counted, and one line says so where it is missing")
    func overflow() {
        let target = GatedTarget()
        let sink = LogSink(target: target, capacity: 20) { "lost \($0)\n" }
        #expect(sink.append("first\n"))
        #expect(target.waitUntilAsked())
        #expect(sink.append("second\n"))
        #expect(!sink.append("does not fit\n"))
        #expect(!sink.append("nor this, it is long\n"))
        #expect(sink.lostLines == 2)
        #expect(sink.append("third\n"), "what fits is still taken")
        target.open()
        #expect(sink.flush(within: .seconds(10)))
        #expect(target.memory.lines == ["first", "second", "lost 2", "third"])
        #expect(sink.append("later\n"))
        #expect(sink.flush(within: .seconds(10)))
        #expect(target.memory.lines.last == "later")
    }

    @Test("A line larger than the whole buffer is dropped, even from an empty one")
    func tooLarge() {
        let target = MemoryLogTarget()
        let sink = LogSink(target: target, capacity: 10) { "lost \($0)\n" }
        #expect(!sink.append("longer than ten bytes\n"))
        #expect(sink.flush(within: .seconds(10)))
        #expect(target.lines == ["lost 1"])
    }

    @Test("Everything appended in a burst goes out in few writes")
    func batches() {
        let target = GatedTarget()
        let sink = LogSink(target: target)
        sink.append("first\n")
        #expect(target.waitUntilAsked())
        for _ in 0..<100 { sink.append("more\n") }
        target.open()
        #expect(sink.flush(within: .seconds(10)))
        #expect(target.memory.lines.count == 101)
        #expect(target.waitUntilAsked(), "the hundred lines took a write")
    }

    @Test("A flush gives up when its time is over, and succeeds when the target moves again")
    func flushTimesOut() {
        let target = GatedTarget()
        let sink = LogSink(target: target)
        sink.append("stuck\n")
        #expect(!sink.flush(within: .milliseconds(20)))
        target.open()
        #expect(sink.flush(within: .seconds(10)))
        #expect(target.memory.lines == ["stuck"])
    }

    @Test("A flush of a sink with nothing in it returns at once")
    func flushOfNothing() {
        let sink = LogSink(target: MemoryLogTarget())
        #expect(sink.flush(within: .zero) || sink.flush(within: .seconds(10)))
    }

    @Test("What is left when the sink goes is still written")
    func closing() {
        let target = GatedTarget()
        do {
            let sink = LogSink(target: target)
            sink.append("one\n")
            #expect(target.waitUntilAsked())
            sink.append("two\n")
        }
        target.open()
        #expect(target.waitUntilWritten())
        #expect(target.waitUntilWritten(), "the thread comes back for the second line")
        #expect(target.memory.lines == ["one", "two"])
    }

    @Test("Lines given to a broken target are lost and counted, and told when it works again")
    func brokenTarget() {
        let target = ScriptedTarget([0, 0])
        let sink = LogSink(target: target) { "lost \($0)\n" }
        sink.append("one\n")
        #expect(sink.flush(within: .seconds(10)), "a broken target holds nobody up")
        sink.append("two\n")
        #expect(sink.flush(within: .seconds(10)))
        #expect(sink.lostLines == 2)
        sink.append("three\n")
        #expect(sink.flush(within: .seconds(10)))
        #expect(target.memory.lines == ["three", "lost 2"])
        #expect(sink.lostLines == 2)
    }

    @Test("A line torn by a failure is ended before the next one begins")
    func tornLine() {
        let target = ScriptedTarget([4, 0])
        let sink = LogSink(target: target) { "lost \($0)\n" }
        sink.append("torn apart\n")
        #expect(sink.flush(within: .seconds(10)))
        sink.append("whole\n")
        #expect(sink.flush(within: .seconds(10)))
        #expect(target.memory.lines == ["torn", "whole", "lost 1"])
    }
}
