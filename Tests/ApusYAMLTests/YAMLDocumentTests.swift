// SPDX-License-Identifier: Apache-2.0
import ApusYAML
import Foundation
import Testing

@Suite("Configuration files in YAML")
struct YAMLDocumentTests {
    /// Reads a document that may have `a`, `b` and the mapping `names`, whose own keys are names.
    private func problems(_ text: String) -> [String] {
        let problems = ProblemCollector(file: "f")
        if var fields = YAMLDocument.fields(of: text, name: "the file", expected: "a mapping", problems: problems) {
            _ = fields.value("a")?.integer(in: 0...9)
            _ = fields.value("b")?.text()
            _ = fields.value("names")?.fields("a mapping")?.named().map { $0.value.text() }
            fields.finish()
        }
        return problems.sorted.map(\.description)
    }

    @Test("every key that is there more than once is reported at its place, and everything else too")
    func repeated() {
        #expect(
            problems("a: 1\n\"b\": x\r\na: 2\n'b': y\nnames: {x: 1, x: 2, 'x': 3, y: [], y: z}\na: x\nc: 1\n") == [
                "f:3:1: the key 'a' is given more than once in the file; the first is at line 1",
                "f:4:1: the key 'b' is given more than once in the file; the first is at line 2",
                "f:5:15: the key 'x' is given more than once in names; the first is at line 5",
                "f:5:21: the key 'x' is given more than once in names; the first is at line 5",
                "f:5:32: 'names.y' must be text, not a list",
                "f:5:36: the key 'y' is given more than once in names; the first is at line 5",
                "f:6:1: the key 'a' is given more than once in the file; the first is at line 1",
                "f:7:1: unknown key 'c' in the file; known are a, b, names",
            ])
    }

    @Test("repeated keys of several letters and other alphabets keep their names and places")
    func names() {
        #expect(
            problems("\u{feff}names:\n  größe: 1\n  größe: 2\n  日本: 1\n  ab: 1\n  日本: 2\n  b: 1\n  ab: 2\n") == [
                "f:3:3: the key 'größe' is given more than once in names; the first is at line 2",
                "f:6:3: the key '日本' is given more than once in names; the first is at line 4",
                "f:8:3: the key 'ab' is given more than once in names; the first is at line 5",
            ])
    }

    @Test("a repeated key that is spelt with an escape, an anchor or a tag is reported alone")
    func disguised() {
        for text in ["\"\\x61\": 1\na: 2\n", "&x a: 1\na: 2", "!!str a: 1\na: 2\n", "\"\": 1\n'': 2\n"] {
            let found = problems(text)
            #expect(found.count == 1 && found[0].contains("is given more than once"), "\(found)")
        }
    }

    @Test("more repetitions than are looked for, and characters that stand for them, are errors and no crash")
    func bounded() {
        let many = problems(String(repeating: "a: 1\n", count: 200))
        #expect(many.count == 1 && many[0].contains("'a' is given more than once"), "\(many)")
        #expect(problems("\u{e000}: 1\na: 1\na: 2\n").contains { $0.contains("'a' is given more than once") })
        #expect(problems("\u{e001}b: 1").map { $0.hasPrefix("f:1:1: unknown key") } == [true])
    }

    @Test(
        "what is no mapping, or no YAML at all, is said with its place",
        arguments: [
            ("", "f:1:1: a mapping"), ("[1]", "f:1:1: a mapping"), ("7", "f:1:1: a mapping"),
            ("a: [", "f:2:1: not YAML"), ("a: 1\n---\na: 2\n", "f:2:1: not YAML"), ("a: *x", "f:1:4: not YAML"),
            ("? [a]\n: 1\n", "f:1:3: a key in the file must be text"),
        ])
    func malformed(text: String, expected: String) {
        let found = problems(text)
        #expect(found.first?.hasPrefix(expected) == true, "\(found)")
    }

    @Test("a file that isn't there, is a folder, too large or not UTF-8 is named, with what to do")
    func unreadable() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "apus-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data([0xff, 0xfe, 0x00]).write(to: URL(filePath: folder + "/binary"))
        try Data("a: 1234567890".utf8).write(to: URL(filePath: folder + "/large"))
        func problem(_ path: String) -> String {
            do throws(FileProblem) {
                return try YAMLDocument.text(at: path, "the list", hint: "make one", sizeLimit: 10)
            } catch {
                return "\(error)"
            }
        }
        #expect(problem("/nowhere/x.yaml").contains("the list doesn't exist (looked for /nowhere/x.yaml); make one"))
        let relative = problem("nowhere.yaml")
        #expect(relative.contains("looked for \(FileManager.default.currentDirectoryPath)/nowhere.yaml"))
        #expect(problem(folder).contains("is a folder"))
        #expect(problem(folder + "/large").contains("the list is larger than 10 bytes"))
        #expect(problem(folder + "/binary").contains("the list is not UTF-8"))
        try FileManager.default.removeItem(atPath: folder)
    }
}
