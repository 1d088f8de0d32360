// SPDX-License-Identifier: Apache-2.0

/// A `.env` file: one `KEY=VALUE` a line.
///
/// - Empty lines and lines that begin with `#` mean nothing; `export ` before the key is skipped.
/// - A value without quotes ends at the line's end or at a `#` after a blank, and loses blanks at both ends.
/// - `'…'` is taken as it stands. `"…"` knows `\n`, `\r`, `\t`, `\\`, `\"`, `\'` and `\$`. Both may span lines.
/// - `$NAME` is not replaced by anything.
/// - A key given twice, a key with other characters than `A–Z a–z 0–9 _`, and text after a closing quote are problems.
public struct DotEnv: Sendable {
    struct Entry: Sendable, Hashable {
        var value: String
        var line: Int
    }

    /// The path as problems and tables show it.
    public let path: String
    let entries: [String: Entry]
    /// Lines that couldn't be read.
    public let problems: [SettingsProblem]

    /// No file.
    public static let none = DotEnv(text: "")

    /// Reads `text`. `path` is for messages only.
    public init(text: String, path: String = ".env") {
        var parser = DotEnvParser(text: text, path: path)
        parser.parse()
        self.init(path: path, entries: parser.entries, problems: parser.problems)
    }

    /// Reads the file at `path`. Without a file it is empty; a file that can't be read is a problem.
    public init(path: String) {
        switch SettingsFile.read(path) {
        case .text(let text): self.init(text: text, path: path)
        case .absent: self.init(path: path, entries: [:], problems: [])
        case .unreadable(let why): self.init(path: path, entries: [:], problems: [SettingsProblem(path, why)])
        }
    }

    private init(path: String, entries: [String: Entry], problems: [SettingsProblem]) {
        self.path = path
        self.entries = entries
        self.problems = problems
    }

    /// The value of `key`, if the file has it.
    public subscript(key: String) -> String? { entries[key]?.value }
}
