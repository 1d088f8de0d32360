// SPDX-License-Identifier: Apache-2.0

/// The paths that a route takes: `/x` (exactly that), `/x/{id}` (any one segment), `/x/**` (`/x` and all below it).
public struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    /// One part between slashes.
    public enum Segment: Hashable, Sendable {
        /// These characters.
        case literal(String)
        /// Any characters, at least one; the name is for people.
        case parameter(String)
    }

    /// What stands between the slashes, without a last `**`; at most 32.
    public let segments: [Segment]
    /// Whether everything below belongs to it: the pattern ends in `/**`.
    public let isPrefix: Bool
    /// The pattern as it was written.
    public let description: String

    /// Reads a pattern.
    ///
    /// - Throws: ``Invalid`` with what is wrong with it.
    public init(_ text: String) throws(Invalid) {
        description = text
        guard text.hasPrefix("/") else { throw Invalid("a path begins with '/'") }
        var parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        isPrefix = parts.last == "**"
        if isPrefix { parts.removeLast() }
        if parts == [""] { parts = [] }
        var segments: [Segment] = []
        for (index, part) in parts.enumerated() {
            segments.append(try Self.segment(part, isLast: index == parts.count - 1 && !isPrefix))
        }
        guard segments.count <= 32 else { throw Invalid("a path has at most 32 segments") }
        self.segments = segments
    }

    /// Why a text is not a pattern.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    private static func segment(_ part: String, isLast: Bool) throws(Invalid) -> Segment {
        if part.hasPrefix("{"), part.hasSuffix("}"), part.count > 2 {
            let name = part.dropFirst().dropLast()
            guard name.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") })
            else { throw Invalid("'\(part)' is no parameter: its name has letters, digits, '_' and '-'") }
            return .parameter(String(name))
        }
        // A last empty segment is a path that ends in a slash, which is a path of its own.
        guard !part.isEmpty || isLast else { throw Invalid("a path has no empty segment") }
        guard part != ".", part != ".." else { throw Invalid("a path has no '\(part)' segment") }
        guard !part.contains("*") else {
            throw Invalid("'*' stands only as '/**' at the end; one segment is matched by a parameter such as {id}")
        }
        guard part.utf8.allSatisfy(\.isPathByte) else {
            throw Invalid("'\(part)' has characters that a path can't have; write paths decoded, in ASCII")
        }
        return .literal(part)
    }
}

extension UInt8 {
    /// Whether it is an ASCII letter or digit.
    var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// Whether it may stand in a path without being encoded (RFC 3986, `pchar`).
    var isPathByte: Bool {
        switch self {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"),
            UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="),
            UInt8(ascii: ":"), UInt8(ascii: "@"):
            true
        default: isLetterOrDigit
        }
    }
}

extension PathPattern {
    /// `/**`: every path.
    static let everything = PathPattern()

    private init() {
        segments = []
        isPrefix = true
        description = "/**"
    }
}
