// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// Numbers with units, as people write them in files.
public enum UnitText {
    private static let durations: [(unit: String, nanoseconds: Int64)] = [
        ("ms", 1_000_000), ("us", 1_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]
    private static let sizes: [(unit: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
        ("B", 1), ("", 1),
    ]

    /// The duration that `text` spells, or nil: digits (at most twelve, with an optional fraction) and a unit.
    public static func duration(_ text: String) -> Duration? {
        for (unit, nanoseconds) in durations where text.hasSuffix(unit) {
            guard let number = number(text.dropLast(unit.count)) else { continue }
            return .nanoseconds(Int64((number * Double(nanoseconds)).rounded()))
        }
        return nil
    }

    /// The shortest spelling of `duration`.
    public static func duration(_ duration: Duration) -> String {
        let nanoseconds = duration.nanoseconds
        for (unit, size) in durations.sorted(by: { $0.nanoseconds > $1.nanoseconds })
        where nanoseconds >= size && nanoseconds % size == 0 {
            return "\(nanoseconds / size)\(unit)"
        }
        return nanoseconds == 0 ? "0s" : "\(nanoseconds)ns"
    }

    /// The number of bytes that `text` spells, or nil: digits and perhaps a unit.
    public static func bytes(_ text: String) -> Int? {
        for (unit, size) in sizes where text.hasSuffix(unit) {
            let digits = text.dropLast(unit.count)
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits) else { continue }
            let (bytes, overflow) = number.multipliedReportingOverflow(by: size)
            return overflow ? nil : bytes
        }
        return nil
    }

    private static func number(_ text: Substring) -> Double? {
        guard (1...12).contains(text.utf8.count), text.first != ".", text.last != ".",
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") })
        else { return nil }
        return Double(text)
    }
}
