// SPDX-License-Identifier: Apache-2.0
import Yams

/// Keys that are there more than once, made different for the parser and like again for the reader.
///
/// **Why.** Yams gives a document up at the first mapping with a repeated key, so whoever has two mistakes in a file
/// would learn of one. It says where the key stands first. That key's first character is replaced by one that nobody
/// writes (of Unicode's private use area), which leaves every place in the file as it is; then the text is read again.
struct KeyMasks {
    private static let first: UInt32 = 0xe000
    /// How many repeated keys are found in one file; each costs reading it once more.
    private static let limit = 64

    private var originals: [Unicode.Scalar] = []

    /// Replaces the first character of the key at `mark`.
    ///
    /// - Returns: Whether it could; not for a key that is spelt with an escape, a tag or an anchor.
    mutating func mask(_ key: String, at mark: Mark, in text: inout String) -> Bool {
        guard originals.count < Self.limit, let original = key.unicodeScalars.first,
            let scalar = Unicode.Scalar(Self.first + UInt32(originals.count)),
            var index = Self.index(of: mark, in: text.unicodeScalars)
        else { return false }
        var scalars = text.unicodeScalars
        guard originals.count > 0 || !scalars.contains(where: { Self.isMask($0) }) else { return false }
        if scalars[index] == "\"" || scalars[index] == "'" { scalars.formIndex(after: &index) }
        guard index < scalars.endIndex, scalars[index] == original else { return false }
        scalars.replaceSubrange(index...index, with: CollectionOfOne(scalar))
        text = String(scalars)
        originals.append(original)
        return true
    }

    /// The key as it stands in the file.
    func original(_ key: String) -> String {
        guard !originals.isEmpty, let mask = key.unicodeScalars.first, Self.isMask(mask) else { return key }
        var scalars = key.unicodeScalars
        scalars.removeFirst()
        scalars.insert(originals[Int(mask.value - Self.first)], at: scalars.startIndex)
        return String(scalars)
    }

    private static func isMask(_ scalar: Unicode.Scalar) -> Bool {
        (first..<first + UInt32(limit)).contains(scalar.value)
    }

    /// Where a place lies in the text; lines end as the parser counts them.
    private static func index(of mark: Mark, in text: String.UnicodeScalarView) -> String.Index? {
        var (line, column) = (1, 1)
        var index = text.startIndex
        // The byte order mark has no column.
        if index < text.endIndex, text[index] == "\u{feff}" { text.formIndex(after: &index) }
        while index < text.endIndex {
            if line == mark.line, column == mark.column { return index }
            let scalar = text[index]
            text.formIndex(after: &index)
            switch scalar {
            case "\r" where index < text.endIndex && text[index] == "\n": column += 1
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": (line, column) = (line + 1, 1)
            default: column += 1
            }
        }
        return nil
    }
}
