// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import ApusTelemetry

extension SettingKind where Value == [TelemetryResource.Attribute] {
    /// `key=value,key=value` with percent-encoding, each key once, 4 KiB at most.
    ///
    /// Source: OpenTelemetry, Resource SDK, "Specifying resource information via an environment variable".
    static var attributes: SettingKind {
        SettingKind(
            placeholder: [],
            parse: { text throws(SettingRejection) in
                let expected = "key=value,key=value, with commas and equals signs in them as %2C and %3D"
                var attributes: [TelemetryResource.Attribute] = []
                guard text.utf8.count <= 4096 else { throw SettingRejection("is longer than 4 KiB") }
                for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
                    let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    let shown = SettingText.quoted(String(pair))
                    guard parts.count == 2, let key = decoded(parts[0]), let value = decoded(parts[1]), !key.isEmpty
                    else {
                        throw SettingRejection("has \(shown), which is not an attribute", expected: expected)
                    }
                    guard !attributes.contains(where: { $0.key == key }) else {
                        throw SettingRejection("names \(SettingText.quoted(key)) twice")
                    }
                    attributes.append(.init(key, value))
                }
                return attributes
            },
            show: { attributes in attributes.map { "\($0.key)=\($0.value)" }.joined(separator: ",") })
    }

    /// The text between blanks, without escapes; nil if an escape is broken, or a second `=` or a control character stands
    /// in it.
    private static func decoded(_ text: Substring) -> String? {
        let trimmed = text.drop { $0 == " " }
        let end = trimmed.lastIndex { $0 != " " }.map(trimmed.index(after:)) ?? trimmed.startIndex
        guard !trimmed[..<end].utf8.contains(UInt8(ascii: "=")) else { return nil }
        let text = PercentCoding.decode(trimmed[..<end])
        return text?.utf8.contains { $0 < 0x20 || $0 == 0x7f } == false ? text : nil
    }
}
