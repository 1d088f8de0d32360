// SPDX-License-Identifier: Apache-2.0

/// Text inside JSON strings, for documents that are written by hand.
public enum JSONText {
    /// Appends `value` with everything escaped that a JSON string can't hold.
    public static func append(_ value: String, to text: inout String) {
        let isPlain = value.utf8.allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 != 0x7f
        }
        guard !isPlain else {
            text += value
            return
        }
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// A JSON string, quotes included.
    public static func quoted(_ value: String) -> String {
        var text = "\""
        append(value, to: &text)
        return text + "\""
    }
}
