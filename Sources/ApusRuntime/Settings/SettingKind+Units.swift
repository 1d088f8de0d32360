// SPDX-License-Identifier: Apache-2.0

extension SettingKind where Value == Duration {
    /// Whole numbers with units: `250ms`, `30s`, `5m`, `1h`, `1m30s`. Units are `us`, `ms`, `s`, `m`, `h`, `d`.
    public static func duration(in range: ClosedRange<Duration>) -> SettingKind {
        SettingKind(
            placeholder: range.lowerBound,
            parse: { text throws(SettingRejection) in
                let value = try DurationText.parse(text)
                guard range.contains(value) else {
                    throw SettingRejection("is out of range", expected: DurationText.range(range))
                }
                return value
            },
            show: { DurationText.show($0) })
    }
}

extension SettingKind where Value == ByteCount {
    /// A number of bytes: `512`, `512B`, `64KiB`, `16MiB`, `1GiB`; `kB`, `MB`, `GB` are powers of 1,000.
    public static func bytes(in range: ClosedRange<ByteCount>) -> SettingKind {
        SettingKind(
            placeholder: range.lowerBound,
            parse: { text throws(SettingRejection) in
                guard let value = ByteCount(text) else {
                    throw SettingRejection(
                        "is not a size", expected: "a whole number of B, KiB, MiB, GiB, kB, MB or GB")
                }
                guard range.contains(value) else {
                    throw SettingRejection("is out of range", expected: "\(range.lowerBound) to \(range.upperBound)")
                }
                return value
            },
            show: { $0.description })
    }
}
