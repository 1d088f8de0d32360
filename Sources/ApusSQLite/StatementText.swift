// SPDX-License-Identifier: Apache-2.0

/// What can be told from the text of a statement before SQLite has seen it.
enum StatementText {
    /// What its first word says.
    enum Kind: Sendable {
        /// It begins like one that only reads; a reader connection then decides.
        case seemsToRead
        /// It begins or ends a transaction or a savepoint.
        case endsTransaction
        case other
    }

    /// Longer first words are none that matter.
    private static let longestWord = 10

    static func kind(of text: String) -> Kind {
        switch firstWord(of: text) {
        case "SELECT", "VALUES", "WITH": .seemsToRead
        case "BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE": .endsTransaction
        default: .other
        }
    }

    /// The letters at the start, in capitals, after what SQLite skips: white space, comments, a byte order mark, and
    /// semicolons, which are statements of nothing.
    private static func firstWord(of text: String) -> String {
        var rest = Substring(text).utf8
        while let byte = rest.first {
            switch byte {
            case 0x09...0x0D, UInt8(ascii: " "), UInt8(ascii: ";"): rest.removeFirst()
            case 0xEF where rest.starts(with: [0xEF, 0xBB, 0xBF]): rest.removeFirst(3)
            case UInt8(ascii: "-") where rest.starts(with: "--".utf8): skip(&rest, past: "\n")
            case UInt8(ascii: "/") where rest.starts(with: "/*".utf8):
                rest.removeFirst(2)
                skip(&rest, past: "*/")
            default:
                let word = rest.prefix(longestWord).prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
                return String(decoding: word.map { $0 & ~0x20 }, as: UTF8.self)
            }
        }
        return ""
    }

    /// To the end if `end` doesn't come.
    private static func skip(_ rest: inout Substring.UTF8View, past end: String) {
        while !rest.isEmpty {
            if rest.starts(with: end.utf8) {
                rest.removeFirst(end.utf8.count)
                return
            }
            rest.removeFirst()
        }
    }
}
