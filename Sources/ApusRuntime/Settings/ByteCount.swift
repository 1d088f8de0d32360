// SPDX-License-Identifier: Apache-2.0

/// A size in bytes, as settings give it.
public struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number of bytes; never negative.
    public let bytes: Int

    private static let units: [(name: String, bytes: Int)] = [
        ("GiB", 1 << 30), ("GB", 1_000_000_000), ("MiB", 1 << 20), ("MB", 1_000_000), ("KiB", 1 << 10), ("kB", 1_000),
        ("B", 1), ("", 1),
    ]

    /// `count` bytes; a negative count gives none.
    public static func bytes(_ count: Int) -> ByteCount { ByteCount(bytes: max(0, count)) }
    /// `count` times 1,024 bytes.
    public static func kibibytes(_ count: Int) -> ByteCount { .bytes(count << 10) }
    /// `count` times 1,048,576 bytes.
    public static func mebibytes(_ count: Int) -> ByteCount { .bytes(count << 20) }

    private init(bytes: Int) {
        self.bytes = bytes
    }

    /// Reads `512`, `512B`, `64KiB`, `10MB` and so on, units in any case; nil for anything else.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let name = text.dropFirst(digits.count).lowercased()
        guard let number = Int(digits), let unit = Self.units.first(where: { $0.name.lowercased() == name }) else {
            return nil
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        if overflow { return nil }
        self.bytes = bytes
    }

    /// The size in the largest binary unit that divides it.
    public var description: String {
        for unit in Self.units where unit.name.contains("i") && bytes >= unit.bytes && bytes % unit.bytes == 0 {
            return "\(bytes / unit.bytes)\(unit.name)"
        }
        return "\(bytes)B"
    }

    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}
