// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusSupervisor

@Suite("Lines and their style")
struct LogTests {
    private func lines(_ chunks: [String], limit: Int = 100) -> [String] {
        var assembler = LineAssembler(limit: limit)
        var lines: [String] = []
        for chunk in chunks { Array(chunk.utf8).withUnsafeBytes { assembler.feed($0) { lines.append($0) } } }
        if let rest = assembler.finish() { lines.append(rest) }
        return lines
    }

    @Test("lines come together from pieces")
    func pieces() {
        #expect(lines(["a", "b\nc", "\n", "\r\n", "d\r\ne"]) == ["ab", "c", "", "d", "e"])
        #expect(lines([]) == [])
        #expect(lines(["ü\n"]) == ["ü"])
    }

    @Test("a long line is cut, and says how much is missing")
    func long() {
        #expect(lines(["12345678", "90abc", "\nx\n"], limit: 10) == ["1234567890 … (3 bytes more)", "x"])
        #expect(lines([String(repeating: "x", count: 5_000)], limit: 4) == ["xxxx … (4996 bytes more)"])
    }

    @Test("what isn't a terminal gets the lines as they are behind their names")
    func plain() {
        let style = LogStyle(isTerminal: false, width: 8)
        #expect(style.line(#"{"message":"x"}"#, from: "users", number: 0) == "users    | {\"message\":\"x\"}\n")
    }

    @Test("a terminal gets colours and readable lines, and no control characters from elsewhere")
    func terminal() {
        let style = LogStyle(isTerminal: true, width: 5)
        let json = #"{"time":"2026-11-22T10:11:12.345Z","level":"error","message":"no\u001b[2J","n":{"b":1},"id":7}"#
        let line = style.line(json, from: "users", number: 0)
        #expect(line.hasPrefix("\u{1B}[36musers |\u{1B}[0m "))
        #expect(line.contains("10:11:12.345") && line.contains("\u{1B}[31merror"))
        #expect(line.contains("no\u{FFFD}[2J"))
        #expect(line.contains("id=\u{1B}[0m7") && line.contains(#"n=\#u{1B}[0m{"b":1}"#))
        #expect(style.line("{not json", from: "users", number: 0).hasSuffix(" {not json\n"))
        #expect(!style.line("a\u{1B}]0;x\u{7}", from: "users", number: 0).contains("\u{7}"))
    }
}
