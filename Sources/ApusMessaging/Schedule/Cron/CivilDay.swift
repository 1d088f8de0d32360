// SPDX-License-Identifier: Apache-2.0

/// A day of the proleptic Gregorian calendar, without a time zone. Days are numbered from 1970-01-01, which is 0.
struct CivilDay: Sendable, Hashable {
    let year: Int
    /// 1 to 12.
    let month: Int
    /// 1 to 31.
    let day: Int

    /// The day with that number.
    init(number: Int) {
        // In years that begin in March the leap day is the last, and months have lengths that repeat every five.
        let (era, dayOfEra) = floorDivide(number + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        month = shifted < 10 ? shifted + 3 : shifted - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        self.number = number
    }

    /// Days since 1970-01-01.
    let number: Int

    /// The number of the first day of the month after this one.
    var firstOfNextMonth: Int { number - day + 1 + length }

    /// How many days its month has.
    private var length: Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 && !isLeap ? 28 : Self.longest(month)
    }

    /// How many days a month may have.
    static func longest(_ month: Int) -> Int {
        switch month {
        case 2: 29
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// 0 for Sunday to 6 for Saturday; 1970 began on a Thursday.
    static func weekday(ofNumber number: Int) -> Int {
        floorDivide(number + 4, 7).remainder
    }
}
