// SPDX-License-Identifier: Apache-2.0

/// Reads the grammar that ``DotEnv`` describes, and goes on after a bad line so that every problem is found.
///
/// Problems name the line and never quote it: it may hold a secret.
struct DotEnvParser {
    private(set) var entries: [String: DotEnv.Entry] = [:]
    private(set) var problems: [SettingsProblem] = []

    private let bytes: [UInt8]
    private let path: String
    private var position = 0
    private var line = 1

    init(text: String, path: String) {
        bytes = Array((text.hasPrefix("\u{feff}") ? String(text.unicodeScalars.dropFirst()) : text).utf8)
        self.path = path
    }

    mutating func parse() {
        while position < bytes.count {
            skipBlanks()
            let start = line
            if atEndOfLine || peek == UInt8(ascii: "#") {
                skipLine()
                continue
            }
            do throws(Malformed) {
                let (key, value) = try assignment()
                if let earlier = entries[key] {
                    throw Malformed("\(key) is already given in line \(earlier.line)", line: start)
                }
                entries[key] = DotEnv.Entry(value: value, line: start)
            } catch {
                problems.append(SettingsProblem("\(path):\(error.line ?? start)", error.message))
            }
            skipLine()
        }
    }

    private struct Malformed: Error {
        let message: String
        let line: Int?

        init(_ message: String, line: Int? = nil) {
            self.message = message
            self.line = line
        }
    }

    private mutating func assignment() throws(Malformed) -> (key: String, value: String) {
        var key = word()
        if key == "export", peek == UInt8(ascii: " ") || peek == UInt8(ascii: "\t") {
            skipBlanks()
            key = word()
        }
        skipBlanks()
        guard peek == UInt8(ascii: "=") else {
            throw Malformed("expected KEY=VALUE, with letters, digits and _ in the key")
        }
        guard let first = key.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            throw Malformed("expected a key that begins with a letter or _ before the =")
        }
        position += 1
        skipBlanks()
        return (key, try value())
    }

    private mutating func value() throws(Malformed) -> String {
        guard let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return plainValue() }
        let value = try quotedValue(quote)
        skipBlanks()
        guard atEndOfLine || peek == UInt8(ascii: "#") else {
            throw Malformed("unexpected text after the closing quote")
        }
        return value
    }

    private mutating func plainValue() -> String {
        let start = position
        var end = position
        while !atEndOfLine, let byte = peek {
            if byte == UInt8(ascii: "#"), position > start, isBlank(bytes[position - 1]) { break }
            position += 1
            if !isBlank(byte) { end = position }
        }
        // A comment right after the `=`: the value is empty.
        if start < bytes.count, bytes[start] == UInt8(ascii: "#"), start > 0, isBlank(bytes[start - 1]) { return "" }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private mutating func quotedValue(_ quote: UInt8) throws(Malformed) -> String {
        let (openingLine, openingPosition) = (line, position)
        position += 1
        var value: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case quote: return String(decoding: value, as: UTF8.self)
            case UInt8(ascii: "\\") where quote == UInt8(ascii: "\""): value += try escaped()
            default:
                if byte == UInt8(ascii: "\n") { line += 1 }
                value.append(byte)
            }
        }
        // Go on with the line after the one that opened the quote: what follows is read as lines again.
        (line, position) = (openingLine, openingPosition)
        throw Malformed("the quote is never closed")
    }

    private mutating func escaped() throws(Malformed) -> [UInt8] {
        let byte = peek
        switch byte {
        case UInt8(ascii: "n"): advance(); return [0x0a]
        case UInt8(ascii: "r"): advance(); return [0x0d]
        case UInt8(ascii: "t"): advance(); return [0x09]
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "$"):
            advance()
            return [bytes[position - 1]]
        default:
            throw Malformed("unknown escape after a backslash; known are \\n \\r \\t \\\\ \\\" \\' \\$", line: line)
        }
    }

    private mutating func advance() { position += 1 }

    private mutating func word() -> String {
        let start = position
        while let byte = peek, isWord(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func skipBlanks() {
        while let byte = peek, isBlank(byte) { position += 1 }
    }

    private mutating func skipLine() {
        while let byte = peek, byte != UInt8(ascii: "\n") { position += 1 }
        position += 1
        line += 1
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private var atEndOfLine: Bool {
        guard let byte = peek else { return true }
        if byte == UInt8(ascii: "\r") {
            return position + 1 == bytes.count || bytes[position + 1] == UInt8(ascii: "\n")
        }
        return byte == UInt8(ascii: "\n")
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
