// SPDX-License-Identifier: Apache-2.0

/// One reader per kind. Each form with a `default` returns it if the key is given nowhere; each form without one returns
/// nil then, or if the value is empty.
extension Settings {
    /// Any text.
    public mutating func string(_ key: String, default: String, _ help: String) -> String {
        value(key, .string, default: `default`, help)
    }

    /// Any text but an empty one; nil if there is none.
    public mutating func string(_ key: String, _ help: String) -> String? {
        value(key, .string, help)
    }

    /// A decimal integer within `range`, both ends included.
    public mutating func integer(
        _ key: String, default: Int, in range: ClosedRange<Int> = .min ... .max, _ help: String
    ) -> Int {
        value(key, .integer(in: range), default: `default`, help)
    }

    /// A decimal integer within `range`; nil if there is none.
    public mutating func integer(_ key: String, in range: ClosedRange<Int> = .min ... .max, _ help: String) -> Int? {
        value(key, .integer(in: range), help)
    }

    /// `true yes on 1` or `false no off 0`; as an argument, the name alone means true.
    public mutating func boolean(_ key: String, default: Bool, _ help: String) -> Bool {
        value(key, .boolean, default: `default`, help)
    }

    /// One of an enumeration's raw values.
    public mutating func choice<Value>(_ key: String, default: Value, _ help: String) -> Value
    where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
        value(key, .choice(placeholder: `default`), default: `default`, help)
    }

    /// A duration with its unit: `250ms`, `30s`, `5m`, `1h`, `1m30s`. A bare number is a problem.
    public mutating func duration(
        _ key: String, default: Duration, in range: ClosedRange<Duration> = .zero ... .seconds(36_500 * 86_400),
        _ help: String
    ) -> Duration {
        value(key, .duration(in: range), default: `default`, help)
    }

    /// A duration with its unit; nil if there is none.
    public mutating func duration(
        _ key: String, in range: ClosedRange<Duration> = .zero ... .seconds(36_500 * 86_400), _ help: String
    ) -> Duration? {
        value(key, .duration(in: range), help)
    }

    /// A size: `512`, `64KiB`, `16MiB`. A bare number counts bytes.
    public mutating func bytes(
        _ key: String, default: ByteCount, in range: ClosedRange<ByteCount> = .bytes(0) ... .bytes(.max), _ help: String
    ) -> ByteCount {
        value(key, .bytes(in: range), default: `default`, help)
    }

    /// A URL with one of `schemes`, any scheme if there are none given.
    public mutating func url(
        _ key: String, default: ResourceURL, schemes: [String] = [], _ help: String
    ) -> ResourceURL {
        value(key, .url(schemes: schemes), default: `default`, help)
    }

    /// A URL with one of `schemes`; nil if there is none.
    public mutating func url(_ key: String, schemes: [String] = [], _ help: String) -> ResourceURL? {
        value(key, .url(schemes: schemes), help)
    }

    /// A path, as it was given. Whether something is there is not looked at.
    public mutating func path(_ key: String, default: String, _ help: String) -> String {
        value(key, .path, default: `default`, help)
    }

    /// A path, as it was given; nil if there is none.
    public mutating func path(_ key: String, _ help: String) -> String? {
        value(key, .path, help)
    }

    /// A text that is masked wherever it would be shown.
    public mutating func secret(_ key: String, _ help: String) -> Secret? {
        value(key, .secret, help)
    }
}
