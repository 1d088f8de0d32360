// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// Durations as settings write them: whole numbers, each with its unit, added up.
enum DurationText {
    private static let units: [(name: String, value: Duration)] = [
        ("d", .seconds(86_400)), ("h", .seconds(3_600)), ("m", .seconds(60)), ("s", .seconds(1)),
        ("ms", .milliseconds(1)), ("us", .microseconds(1)),
    ]

    /// The longest duration that is read: 36,500 days.
    static let longest = Duration.seconds(36_500 * 86_400)

    static func parse(_ text: String) throws(SettingRejection) -> Duration {
        let expected = "a duration such as 250ms, 30s, 5m or 1h"
        var rest = text.utf8[...]
        var total = Duration.zero
        if rest.isEmpty { throw SettingRejection("is empty", expected: expected) }
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            rest = rest.dropFirst(letters.count)
            guard !digits.isEmpty else { throw SettingRejection("is not a duration", expected: expected) }
            if letters.isEmpty, rest.isEmpty {
                throw SettingRejection("has no unit", expected: "\(expected); for seconds write \(Substring(digits))s")
            }
            guard let unit = units.first(where: { $0.name == String(Substring(letters)) }) else {
                throw SettingRejection("is not a duration", expected: expected)
            }
            guard digits.count <= 18, let number = Int64(Substring(digits)),
                Double(number) * unit.value.seconds <= longest.seconds
            else {
                throw SettingRejection("is out of range", expected: "at most 36500d")
            }
            total += unit.value * Int(number)
        }
        guard total <= longest else { throw SettingRejection("is out of range", expected: "at most 36500d") }
        return total
    }

    /// The shortest way to write `duration` with one unit, or in microseconds: `90s`, `1h`.
    static func show(_ duration: Duration) -> String {
        let nanoseconds = duration.nanoseconds
        if nanoseconds == 0 { return "0s" }
        for unit in units where nanoseconds % unit.value.nanoseconds == 0 {
            return "\(nanoseconds / unit.value.nanoseconds)\(unit.name)"
        }
        return "\(nanoseconds / 1_000)us"
    }

    static func range(_ range: ClosedRange<Duration>) -> String {
        range.upperBound >= longest
            ? "\(show(range.lowerBound)) or more" : "\(show(range.lowerBound)) to \(show(range.upperBound))"
    }
}
