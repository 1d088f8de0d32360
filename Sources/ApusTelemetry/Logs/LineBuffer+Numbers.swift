// SPDX-License-Identifier: Apache-2.0

extension LineBuffer {
    /// Appends `value` in decimal.
    mutating func append(decimal value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: value.magnitude)
    }

    /// Appends `value` in decimal.
    mutating func append(decimal value: UInt64) {
        var length = 1
        var rest = value / 10
        while rest > 0 {
            length += 1
            rest /= 10
        }
        append(digits: value, width: length)
    }

    /// Appends a duration in milliseconds, with three digits behind the point.
    mutating func append(milliseconds nanoseconds: Int64) {
        let microseconds = nanoseconds / 1000
        if microseconds < 0 { append(UInt8(ascii: "-")) }
        append(decimal: microseconds.magnitude / 1000)
        append(UInt8(ascii: "."))
        append(digits: microseconds.magnitude % 1000, width: 3)
    }

    private mutating func append(digits value: UInt64, width: Int) {
        reserve(width)
        var rest = value
        for position in stride(from: width - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest % 10)
            free.storeBytes(of: UInt8(ascii: "0") + digit, toByteOffset: position, as: UInt8.self)
            rest /= 10
        }
        advance(by: width)
    }

    /// Appends `value` as sixteen hexadecimal digits.
    mutating func append(hexadecimal value: UInt64) {
        reserve(16)
        for position in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * position)) & 0xF
            let character = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            free.storeBytes(of: character, toByteOffset: position, as: UInt8.self)
        }
        advance(by: 16)
    }

    /// Appends `time` as RFC 3339 in UTC with milliseconds: `2026-11-22T19:49:44.123Z`. Years from 0 to 9999.
    mutating func append(rfc3339 time: WallTime) {
        let seconds = time.seconds
        let secondOfDay = (seconds % 86_400 + 86_400) % 86_400
        let date = Self.civil(day: (seconds - secondOfDay) / 86_400)
        let year = UInt32(truncatingIfNeeded: min(max(date.year, 0), 9999))
        reserve(11)
        let text = free
        Self.store(year / 100, text, 0)
        Self.store(year % 100, text, 2)
        Self.store(UInt32(truncatingIfNeeded: date.month), text, 5)
        Self.store(UInt32(truncatingIfNeeded: date.day), text, 8)
        text.storeBytes(of: UInt8(ascii: "-"), toByteOffset: 4, as: UInt8.self)
        text.storeBytes(of: UInt8(ascii: "-"), toByteOffset: 7, as: UInt8.self)
        text.storeBytes(of: UInt8(ascii: "T"), toByteOffset: 10, as: UInt8.self)
        advance(by: 11)
        append(secondOfDay: secondOfDay, milliseconds: time.milliseconds)
        append(UInt8(ascii: "Z"))
    }

    /// Appends the time of day: `19:49:44.123`.
    mutating func append(secondOfDay: Int64, milliseconds: Int64) {
        let second = UInt32(truncatingIfNeeded: secondOfDay)
        let milliseconds = UInt32(truncatingIfNeeded: milliseconds)
        reserve(13)
        let text = free
        Self.store(second / 3600, text, 0)
        Self.store(second / 60 % 60, text, 3)
        Self.store(second % 60, text, 6)
        // The hundreds land under the point, which is written after them.
        Self.store(milliseconds / 100, text, 8)
        Self.store(milliseconds % 100, text, 10)
        text.storeBytes(of: UInt8(ascii: ":"), toByteOffset: 2, as: UInt8.self)
        text.storeBytes(of: UInt8(ascii: ":"), toByteOffset: 5, as: UInt8.self)
        text.storeBytes(of: UInt8(ascii: "."), toByteOffset: 8, as: UInt8.self)
        advance(by: 12)
    }

    /// Stores the two digits of `value` (below 100) at `offset`.
    @inline(__always)
    private static func store(_ value: UInt32, _ text: UnsafeMutableRawPointer, _ offset: Int) {
        let tens = (value &* 205) >> 11
        let digits = UInt16(truncatingIfNeeded: tens | ((value &- tens &* 10) << 8)) &+ 0x3030
        text.storeBytes(of: digits.littleEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// The date of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day comes last, in cycles of 400 years (146,097 days).
    private static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
        let isLate = month >= 10
        return (yearOfEra + era * 400 + (isLate ? 1 : 0), isLate ? month - 9 : month + 3, dayOfMonth)
    }
}
