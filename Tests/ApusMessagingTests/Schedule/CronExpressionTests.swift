// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusMessaging
import Foundation
import Testing

@Suite("A cron expression")
struct CronExpressionTests {
    private func date(_ text: String) throws -> Date {
        try #require(RFC3339.date(text))
    }

    private func next(_ expression: String, zone: String = "UTC", after text: String) throws -> String? {
        try CronExpression(expression, zone: zone).next(after: date(text)).map(RFC3339.text(of:))
    }

    @Test(
        "says when it is due next",
        arguments: [
            ("* * * * *", "2026-01-31T23:59:30Z", "2026-02-01T00:00:00.000Z"),
            ("* * * * *", "2026-02-01T00:00:00Z", "2026-02-01T00:01:00.000Z"),
            ("*/15 * * * *", "2026-01-01T10:14:59.9Z", "2026-01-01T10:15:00.000Z"),
            ("*/15 * * * *", "2026-01-01T10:15:00Z", "2026-01-01T10:30:00.000Z"),
            ("5,35 8-17/3 * * *", "2026-01-01T08:35:00Z", "2026-01-01T11:05:00.000Z"),
            ("0 9 * * mon-FRI", "2026-01-02T09:00:00Z", "2026-01-05T09:00:00.000Z"),
            ("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00.000Z"),
            ("0 0 * * SAT-SUN", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00.000Z"),
            ("0 0 31 * *", "2026-01-31T00:00:00Z", "2026-03-31T00:00:00.000Z"),
            ("0 0 29 FEB *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00.000Z"),
            ("0 12 1-7 * *", "2026-01-07T12:00:00Z", "2026-02-01T12:00:00.000Z"),
            // Both days restricted: either will do. Begins with *: both must fit.
            ("0 0 13 * FRI", "2026-02-06T00:00:00Z", "2026-02-13T00:00:00.000Z"),
            ("0 0 13 * FRI", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00.000Z"),
            ("0 0 */2 * FRI", "2026-01-01T00:00:00Z", "2026-01-09T00:00:00.000Z"),
            ("0 0 29 2 */6", "2026-01-01T00:00:00Z", "2032-02-29T00:00:00.000Z"),
            ("0 0 29 2 */6", "2088-02-29T00:00:00Z", "2116-02-29T00:00:00.000Z"),
            ("@hourly", "2026-01-01T00:30:00Z", "2026-01-01T01:00:00.000Z"),
            ("@daily", "2026-01-01T00:30:00Z", "2026-01-02T00:00:00.000Z"),
            ("@weekly", "2026-01-01T00:30:00Z", "2026-01-04T00:00:00.000Z"),
            ("@Monthly", "2026-01-01T00:30:00Z", "2026-02-01T00:00:00.000Z"),
            ("@yearly", "2026-01-01T00:30:00Z", "2027-01-01T00:00:00.000Z"),
            (" 0\t0  * * * ", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00.000Z"),
        ])
    func due(expression: String, after: String, expected: String) throws {
        #expect(try next(expression, after: after) == expected)
    }

    @Test(
        "obeys the clocks of its zone when they change",
        arguments: [
            // Set from 02:00 to 03:00: 02:30 doesn't exist and is due at 03:00.
            ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00.000Z"),
            ("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00.000Z"),
            // Several times of the gap are due once.
            ("0,20,40 2,3 * * *", "Europe/Berlin", "2026-03-29T00:59:00Z", "2026-03-29T01:00:00.000Z"),
            ("0,20,40 2,3 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T01:20:00.000Z"),
            // Set back from 03:00 to 02:00: 02:30 comes twice and is due the first time.
            ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00.000Z"),
            ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00.000Z"),
            ("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-26T01:30:00.000Z"),
            // Every hour: each that passes.
            ("30 * * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00.000Z"),
            ("30 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00.000Z"),
            // The day before comes again for an hour.
            ("59 * 6 11 *", "America/St_Johns", "2010-11-07T02:29:00Z", "2010-11-07T03:29:00.000Z"),
            // Half an hour.
            ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-03T15:30:00.000Z"),
            // At midnight; and a day that was left out.
            ("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-04T03:00:00.000Z"),
            ("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", "2011-12-30T10:00:00.000Z"),
            // Half an hour and a quarter from UTC.
            ("0 9 * * *", "Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T03:15:00.000Z"),
        ])
    func zones(expression: String, zone: String, after: String, expected: String) throws {
        #expect(try next(expression, zone: zone, after: after) == expected)
    }

    @Test(
        "that is wrong is refused with the place and what was expected there",
        arguments: [
            ("", "column 1: expected 5 fields (minute, hour, day of the month, month, day of the week), found 0"),
            ("* * *", "column 6: expected 5 fields (minute, hour, day of the month, month, day of the week), found 3"),
            (
                "0 0 * * * *",
                "column 11: expected 5 fields (minute, hour, day of the month, month, day of the week), found 6"
            ),
            ("60 * * * *", "column 1: expected a minute from 0 to 59, found \"60\""),
            ("0 25 * * *", "column 3: expected an hour from 0 to 23, found \"25\""),
            ("0 0 0 * *", "column 5: expected a day of the month from 1 to 31, found \"0\""),
            ("0 0 1 JANUARY *", "column 7: expected a month from 1 to 12 or JAN to DEC, found \"JANUARY\""),
            ("0 0 * * 8", "column 9: expected a day of the week from 0 to 7 or SUN to SAT, found \"8\""),
            (
                "0 0 * * MON,",
                "column 13: expected a day of the week from 0 to 7 or SUN to SAT, found the end of the field"
            ),
            ("0,,5 * * * *", "column 3: expected a minute from 0 to 59, found \",\""),
            ("-5 * * * *", "column 1: expected a minute from 0 to 59, found \"-\""),
            ("0 17-8 * * *", "column 6: expected the end of a range, from 17 to 23, found \"8\""),
            ("0 8- * * *", "column 5: expected the end of a range, from 8 to 23, found the end of the field"),
            ("*/0 * * * *", "column 3: expected a step from 1 to 59, found \"0\""),
            ("*/60 * * * *", "column 3: expected a step from 1 to 59, found \"60\""),
            ("*/ * * * *", "column 3: expected a step from 1 to 59, found the end of the field"),
            ("5/2 * * * *", "column 2: expected a range or \"*\" before a step, found \"/\""),
            ("*5 * * * *", "column 2: expected \",\" or the end of the field, found \"5\""),
            ("1-2-3 * * * *", "column 4: expected \",\" or the end of the field, found \"-\""),
            ("٣ * * * *", "column 1: expected a minute from 0 to 59, found \"٣\""),
            ("+5 * * * *", "column 1: expected a minute from 0 to 59, found \"+5\""),
            ("@reboot", "column 1: expected @hourly, @daily, @weekly, @monthly or @yearly, found \"@reboot\""),
            ("0 0 30 2 *", "column 5: never due: no month that is named has such a day"),
            ("0 0 31 4,6,9,11 *", "column 5: never due: no month that is named has such a day"),
            ("0 0 30 2 */2", "column 5: never due: no month that is named has such a day"),
        ])
    func errors(expression: String, message: String) {
        #expect {
            try CronExpression(expression)
        } throws: { error in
            "\(error)" == "cron expression \"\(expression)\", \(message)"
        }
    }

    @Test("may be due on a day that no month has if the other day field suffices")
    func either() throws {
        #expect(try next("0 0 30 2 MON", after: "2026-01-01T00:00:00Z") == "2026-02-02T00:00:00.000Z")
    }

    @Test("is refused if it is too long or its zone isn't known")
    func bounds() {
        let long = String(repeating: "1,", count: 200) + "1 * * * *"
        #expect {
            try CronExpression(long)
        } throws: { "\($0)".hasSuffix("expected at most 256 bytes, found 409") }
        #expect {
            try CronExpression("@daily", zone: "Europe/Atlantis")
        } throws: {
            "\($0)"
                == #"cron expression "@daily": expected an IANA time zone such as Europe/Berlin, found "Europe/Atlantis""#
        }
    }

    @Test("ends with the years that it can tell, and copes with any date")
    func ends() throws {
        let expression = try CronExpression("0 0 29 2 */6", zone: "America/New_York")
        #expect(expression.next(after: .distantFuture) != nil)
        #expect(expression.next(after: Date(timeIntervalSince1970: 1e300)) == nil)
        #expect(expression.next(after: Date(timeIntervalSince1970: .infinity)) == nil)
        #expect(expression.next(after: Date(timeIntervalSince1970: .nan)) == nil)
        #expect(expression.next(after: .distantPast) != nil)
        #expect(expression.next(after: Date(timeIntervalSince1970: -.infinity)) != nil)
    }
}
