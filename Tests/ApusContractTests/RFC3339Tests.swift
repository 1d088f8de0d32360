// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Foundation
import Testing

@Suite("Dates")
struct RFC3339Tests {
    @Test(
        "A date is written in UTC with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400.0, "2000-02-29T00:00:00.000Z"),
            (-0.001, "1969-12-31T23:59:59.999Z"), (1_767_225_599.9999, "2026-01-01T00:00:00.000Z"),
            (253_402_300_799, "9999-12-31T23:59:59.000Z"), (-62_167_219_200, "0000-01-01T00:00:00.000Z"),
            (1e15, "9999-12-31T23:59:59.999Z"),
        ])
    func writing(seconds: Double, text: String) {
        #expect(RFC3339.text(of: Date(timeIntervalSince1970: seconds)) == text)
    }

    @Test(
        "Offsets and fractions are read",
        arguments: [
            ("2026-01-01T00:00:00Z", 1_767_225_600), ("2026-01-01t02:00:00+02:00", 1_767_225_600),
            ("2025-12-31T19:30:00.5-04:30", 1_767_225_600.5), ("1970-01-01T00:00:00.123456789Z", 0.123456789),
            ("2024-02-29T12:00:00z", 1_709_208_000),
        ])
    func reading(text: String, seconds: Double) {
        #expect(abs((RFC3339.date(text)?.timeIntervalSince1970 ?? .nan) - seconds) < 1e-6)
    }

    @Test(
        "What is no date and time with an offset is refused",
        arguments: [
            "", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
            "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+2:00", "2026-01-01T00:00:00+0200", "2026-01-01T00:00:00Zx",
            "2026-01-01 00:00:00Z", "+026-01-01T00:00:00Z", "2026-01-01T00:00:00.1234567890123456789Z",
        ])
    func refused(text: String) {
        #expect(RFC3339.date(text) == nil)
    }

    @Test("Every day of almost eight centuries agrees with the calendar")
    func everyDay() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0)!
        for day in stride(from: -140_000, through: 146_097, by: 61) {
            let date = Date(timeIntervalSince1970: Double(day) * 86400 + 3661)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let text = RFC3339.text(of: date)
            #expect(text.hasPrefix(String(format: "%04d-%02d-%02dT01:01:01", parts.year!, parts.month!, parts.day!)))
            #expect(RFC3339.date(text) == date)
        }
    }
}
