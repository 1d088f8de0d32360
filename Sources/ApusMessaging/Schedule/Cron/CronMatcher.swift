// SPDX-License-Identifier: Apache-2.0

/// The times of a wall that shows no zone: which minutes of which days fit five fields.
///
/// Wall times are counted in minutes since 1970-01-01 00:00 on that wall.
struct CronMatcher: Sendable, Hashable {
    private let minutes: UInt64
    private let hours: UInt64
    private let daysOfMonth: UInt64
    private let months: UInt64
    private let daysOfWeek: UInt64
    /// Whether one of the two day fields suffices: if neither begins with `*`.
    private let eitherDay: Bool

    /// A date and the day of the week that it is on come together again after at most 40 years.
    private static let mostDays = 41 * 366

    init(
        minutes: CronParser.Values, hours: CronParser.Values, daysOfMonth: CronParser.Values,
        months: CronParser.Values, daysOfWeek: CronParser.Values
    ) {
        self.minutes = minutes.bits
        self.hours = hours.bits
        self.daysOfMonth = daysOfMonth.bits
        self.months = months.bits
        self.daysOfWeek = daysOfWeek.bits
        eitherDay = !daysOfMonth.isStar && !daysOfWeek.isStar
    }

    /// Whether it fits in each of the 24 hours.
    var isForEveryHour: Bool { hours == (1 << 24) - 1 }

    /// Whether any day fits. Every date falls on every day of the week within 400 years.
    var isEverDue: Bool {
        eitherDay
            || (1...12).contains { month in
                Self.has(months, month) && (1...CivilDay.longest(month)).contains { Self.has(daysOfMonth, $0) }
            }
    }

    /// The first time that fits, not before `start`.
    func first(from start: Int) -> Int? {
        var (day, minute) = floorDivide(start, 1440)
        let last = day + Self.mostDays
        while day <= last {
            let date = CivilDay(number: day)
            if !Self.has(months, date.month) {
                day = date.firstOfNextMonth
                minute = 0
                continue
            }
            if fits(date, day), let time = time(from: minute) { return day * 1440 + time }
            day += 1
            minute = 0
        }
        return nil
    }

    private func fits(_ date: CivilDay, _ number: Int) -> Bool {
        let byMonth = Self.has(daysOfMonth, date.day)
        let byWeek = Self.has(daysOfWeek, CivilDay.weekday(ofNumber: number))
        return eitherDay ? byMonth || byWeek : byMonth && byWeek
    }

    /// The first minute of a day that fits, not before `minute`.
    private func time(from minute: Int) -> Int? {
        for hour in minute / 60..<24 where Self.has(hours, hour) {
            let start = hour == minute / 60 ? minute % 60 : 0
            let rest = minutes >> UInt64(start)
            if rest != 0 { return hour * 60 + start + rest.trailingZeroBitCount }
        }
        return nil
    }

    private static func has(_ bits: UInt64, _ value: Int) -> Bool {
        bits >> UInt64(value) & 1 == 1
    }
}

/// Quotient and remainder of a division whose remainder is never negative.
func floorDivide(_ value: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}
