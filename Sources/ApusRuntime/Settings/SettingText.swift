// SPDX-License-Identifier: Apache-2.0

/// How texts from outside are shown in messages and tables.
enum SettingText {
    /// `text` between quotes, control characters escaped, at most 80 characters.
    static func quoted(_ text: String) -> String {
        "\"\(escaped(text.count > 80 ? text.prefix(79) + "…" : text))\""
    }

    /// `text` on one line: control characters are written as `\n`, `\t`, `\u{…}`.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isControl(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }
}
