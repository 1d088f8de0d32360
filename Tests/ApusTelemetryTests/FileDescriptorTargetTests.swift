// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry
import Glibc
import Testing

@Suite("A log that goes to a file descriptor")
struct FileDescriptorTargetTests {
    private let line = String(repeating: "x", count: 99) + "\n"

    @Test("A pipe that nobody reads never blocks a writer; when it is read, the gap is announced where it is")
    func unreadPipe() {
        let pipe = Pipe()
        let sink = LogSink(target: FileDescriptorTarget(pipe.writing), capacity: 64 << 10) { "lost \($0)\n" }
        var taken = 0
        for _ in 0..<10_000 where sink.append(line) { taken += 1 }
        #expect(taken >= 655, "as many as the buffer holds")
        #expect(taken < 10_000)
        #expect(sink.lostLines == 10_000 - taken)
        let text = pipe.readAll()
        #expect(sink.flush(within: .seconds(10)))
        close(pipe.writing)
        let lines = text().split(separator: "\n")
        close(pipe.reading)
        #expect(lines.count { $0.hasPrefix("x") } == taken)
        let announced = lines.filter { $0.hasPrefix("lost ") }.compactMap { Int($0.dropFirst(5)) }
        #expect(announced.reduce(0, +) == 10_000 - taken)
        #expect(lines.allSatisfy { $0.count == 99 || $0.hasPrefix("lost ") }, "no line is torn")
    }

    @Test("A non-blocking descriptor that is full is waited for, and nothing is lost")
    func nonBlocking() {
        let pipe = Pipe()
        #expect(fcntl(pipe.writing, F_SETFL, O_NONBLOCK) == 0)
        let sink = LogSink(target: FileDescriptorTarget(pipe.writing))
        for _ in 0..<5000 { sink.append(line) }
        let text = pipe.readAll()
        #expect(sink.flush(within: .seconds(10)))
        close(pipe.writing)
        #expect(text() == String(repeating: line, count: 5000))
        close(pipe.reading)
        #expect(sink.lostLines == 0)
    }

    @Test("A pipe that is closed at the other end loses lines and doesn't end the process")
    func closedPipe() {
        let pipe = Pipe()
        close(pipe.reading)
        let sink = LogSink(target: FileDescriptorTarget(pipe.writing))
        for _ in 0..<10 { sink.append(line) }
        #expect(sink.flush(within: .seconds(10)))
        close(pipe.writing)
        #expect(sink.lostLines == 10)
    }
}
