// SPDX-License-Identifier: Apache-2.0

/// The form of e-mail addresses.
enum EmailSyntax {
    static func isValid(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard let at = bytes.firstIndex(of: UInt8(ascii: "@")), (1...64).contains(at),
                bytes.count - at - 1 <= 253, bytes[..<at].allSatisfy(isLocal)
            else { return false }
            return isDomain(bytes[(at + 1)...])
        }
    }

    /// At least two labels, and nothing that no label has, such as another `@`.
    private static func isDomain(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var labels = 1
        var start = bytes.startIndex
        for index in bytes.indices where bytes[index] == UInt8(ascii: ".") {
            guard isLabel(bytes[start..<index]) else { return false }
            labels += 1
            start = index + 1
        }
        return labels >= 2 && isLabel(bytes[start...])
    }

    private static func isLabel(_ label: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
            && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    private static func isLocal(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || ".!#$%&'*+/=?^_`{|}~-".utf8.contains(byte)
    }
}
