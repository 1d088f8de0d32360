// SPDX-License-Identifier: Apache-2.0

/// The form of e-mail addresses.
enum EmailSyntax {
    static func isValid(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard let at = bytes.firstIndex(of: UInt8(ascii: "@")), (1...64).contains(at),
                bytes.count - at - 1 <= 253, (0..<at).allSatisfy({ isLocal(bytes[$0]) })
            else { return false }
            return isDomain(bytes, from: at + 1)
        }
    }

    /// At least two labels, and nothing that no label has, such as another `@`.
    private static func isDomain(_ bytes: UnsafeBufferPointer<UInt8>, from first: Int) -> Bool {
        var labels = 0
        var start = first
        for index in first...bytes.count where index == bytes.count || bytes[index] == UInt8(ascii: ".") {
            guard isLabel(bytes, start..<index) else { return false }
            labels += 1
            start = index + 1
        }
        return labels >= 2
    }

    private static func isLabel(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        (1...63).contains(range.count) && bytes[range.lowerBound] != UInt8(ascii: "-")
            && bytes[range.upperBound - 1] != UInt8(ascii: "-")
            && range.allSatisfy { isAlphanumeric(bytes[$0]) || bytes[$0] == UInt8(ascii: "-") }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    private static func isLocal(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || ".!#$%&'*+/=?^_`{|}~-".utf8.contains(byte)
    }
}
