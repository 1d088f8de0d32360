// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Dates as text, `2026-01-31T12:00:00.000Z`: written in UTC with milliseconds, read with any offset and precision.
///
/// Source: RFC 3339; the calendar arithmetic is that of the proleptic Gregorian calendar in eras of 400 years. Leap
/// seconds can't be represented and are refused.
public enum RFC3339 {
    /// The text of `date`. Dates outside the years 0000 to 9999 are moved to the nearest that can be written.
    public static func text(of date: Date) -> String {
        withText(of: date) { String(decoding: $0, as: UTF8.self) }
    }

    /// Gives the 24 bytes of the text to `body`.
    static func withText<Result>(of date: Date, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        // In this order "not a number" becomes the first date.
        let bounded = min(max(-62_167_219_200, date.timeIntervalSince1970), 253_402_300_799.999)
        let milliseconds = Int((bounded * 1000).rounded())
        let (days, time) = floorDivide(milliseconds, 86_400_000)
        let (year, month, day) = civil(fromDays: days)
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { text in
            put(year, 4, "-", text, at: 0)
            put(month, 2, "-", text, at: 5)
            put(day, 2, "T", text, at: 8)
            put(time / 3_600_000, 2, ":", text, at: 11)
            put(time / 60_000 % 60, 2, ":", text, at: 14)
            put(time / 1000 % 60, 2, ".", text, at: 17)
            put(time % 1000, 3, "Z", text, at: 20)
            return body(UnsafeBufferPointer(text))
        }
    }

    /// The date that `text` spells, or nil unless it is a valid RFC 3339 date and time with an offset.
    public static func date(_ text: String) -> Date? {
        var text = text
        return text.withUTF8 { date($0) }
    }

    /// The date that the bytes spell, as above.
    static func date(_ text: UnsafeBufferPointer<UInt8>) -> Date? {
        guard text.count >= 20, text[4] == 0x2D, text[7] == 0x2D, text[10] | 0x20 == UInt8(ascii: "t"),
            text[13] == 0x3A, text[16] == 0x3A,
            let year = number(text[0..<4]), let month = number(text[5..<7]), let day = number(text[8..<10]),
            let hour = number(text[11..<13]), let minute = number(text[14..<16]), let second = number(text[17..<19]),
            (1...12).contains(month), day >= 1, day <= length(ofMonth: month, year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var rest = text[19...]
        var fraction = 0.0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard (1...18).contains(digits.count), let value = number(digits) else { return nil }
            var scale = 1.0
            for _ in digits { scale *= 10 }
            fraction = Double(value) / scale
            rest = rest[digits.endIndex...]
        }
        guard let offset = offset(rest) else { return nil }
        let seconds = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
        return Date(timeIntervalSince1970: Double(seconds) + fraction)
    }

    private static func offset(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        guard let sign = text.first else { return nil }
        if sign | 0x20 == UInt8(ascii: "z") { return text.count == 1 ? 0 : nil }
        let start = text.startIndex
        guard text.count == 6, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), text[start + 3] == 0x3A,
            let hours = number(text[start + 1..<start + 3]), let minutes = number(text[start + 4..<start + 6]),
            hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -60 : 60)
    }

    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var value = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }

    private static func put(
        _ value: Int, _ width: Int, _ separator: Unicode.Scalar, _ text: UnsafeMutableBufferPointer<UInt8>,
        at start: Int
    ) {
        var value = value
        for index in stride(from: start + width - 1, through: start, by: -1) {
            text[index] = 0x30 + UInt8(truncatingIfNeeded: value % 10)
            value /= 10
        }
        text[start + width] = UInt8(ascii: separator)
    }

    private static func floorDivide(_ value: Int, _ divisor: Int) -> (Int, Int) {
        let remainder = value % divisor
        return remainder < 0 ? (value / divisor - 1, remainder + divisor) : (value / divisor, remainder)
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01. Years begin in March here, so that the leap day is the last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let (era, yearOfEra) = floorDivide(month <= 2 ? year - 1 : year, 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
