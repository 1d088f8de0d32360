// SPDX-License-Identifier: Apache-2.0
import ApusCore

extension SettingKind where Value == String {
    /// Any text, also an empty one.
    public static var string: SettingKind { SettingKind(placeholder: "", parse: { $0 }, show: { $0 }) }

    /// A path of a file or folder that need not exist: not empty, without control characters.
    public static var path: SettingKind {
        SettingKind(
            placeholder: ".",
            parse: { text throws(SettingRejection) in
                if text.isEmpty { throw SettingRejection("is empty", expected: "a path") }
                if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
                    throw SettingRejection("contains control characters", expected: "a path")
                }
                return text
            },
            show: { $0 })
    }
}

extension SettingKind where Value == Secret {
    /// A text that is never shown. It must not be empty.
    public static var secret: SettingKind {
        var kind = SettingKind(
            placeholder: Secret(""),
            parse: { text throws(SettingRejection) in
                if text.isEmpty { throw SettingRejection("is empty", expected: "a secret") }
                return Secret(text)
            },
            show: { $0.description })
        kind.isSecret = true
        kind.quote = { _ in Secret.mask }
        return kind
    }
}

extension SettingKind where Value == Int {
    /// A decimal integer within `range`.
    public static func integer(in range: ClosedRange<Int>) -> SettingKind {
        let expected =
            switch (range.lowerBound, range.upperBound) {
            case (.min, .max): "digits, with a - before them if negative"
            case (let least, .max): "\(least) or more"
            case (.min, let most): "\(most) or less"
            case (let least, let most): "\(least) to \(most)"
            }
        return SettingKind(
            placeholder: range.lowerBound,
            parse: { text throws(SettingRejection) in
                let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
                guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
                else {
                    throw SettingRejection("is not an integer", expected: expected)
                }
                guard let number = Int(text), range.contains(number) else {
                    throw SettingRejection("is out of range", expected: expected)
                }
                return number
            },
            show: { String($0) })
    }
}

extension SettingKind where Value == Bool {
    /// `true`, `yes`, `on`, `1` or `false`, `no`, `off`, `0`, in any case. `--name` alone means true.
    public static var boolean: SettingKind {
        var kind = SettingKind(
            placeholder: false,
            parse: { text throws(SettingRejection) in
                guard let value = word(text) else {
                    throw SettingRejection("is not a boolean", expected: "true or false")
                }
                return value
            },
            show: { String($0) })
        kind.isFlag = true
        return kind
    }

    /// The value that a word means.
    static func word(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }
}

extension SettingKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the cases' raw values, as they are written.
    public static func choice(placeholder: Value) -> SettingKind {
        let names = Value.allCases.map(\.rawValue)
        return SettingKind(
            placeholder: placeholder,
            parse: { text throws(SettingRejection) in
                guard let value = Value(rawValue: text) else {
                    let hint = NearestName.nearest(to: text, in: names).map { "; did you mean \($0)?" } ?? ""
                    throw SettingRejection("is not one of \(names.joined(separator: ", "))\(hint)")
                }
                return value
            },
            show: { $0.rawValue })
    }
}

extension SettingKind where Value == ResourceURL {
    /// A URL whose scheme is one of `schemes` (any if empty). It is shown with its password masked.
    public static func url(schemes: [String]) -> SettingKind {
        let expected = schemes.isEmpty ? "SCHEME:…" : schemes.map { "\($0):…" }.joined(separator: ", ")
        var kind = SettingKind(
            placeholder: ResourceURL.placeholder,
            parse: { text throws(SettingRejection) in
                guard let url = ResourceURL(text) else { throw SettingRejection("is not a URL", expected: expected) }
                guard schemes.isEmpty || schemes.contains(url.scheme) else {
                    throw SettingRejection(
                        "has the unknown scheme \(SettingText.escaped(url.scheme))", expected: expected)
                }
                return url
            },
            show: { $0.description })
        kind.quote = { SettingText.quoted(ResourceURL.masked($0)) }
        return kind
    }
}
