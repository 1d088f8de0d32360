// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import ApusSQL
public import Foundation

/// When something is due again and again. The same for every process that asks, whenever it was started.
public enum Recurrence: Sendable, Hashable {
    /// At the times of a cron expression.
    case cron(CronExpression)
    /// At the multiples of a duration since 1970-01-01T00:00:00Z: `every(.seconds(3600))` on each full hour. Whole
    /// milliseconds, from 1 s to 366 days.
    case every(Duration)

    /// Every problem; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        guard case .every(let duration) = self else { return [] }
        var problems: [ConfigurationProblem] = []
        problems.require(
            duration >= .seconds(1) && duration <= .seconds(366 * 86_400), "every",
            "must be from 1 s to 366 days, is \(duration)")
        problems.require(
            duration.nanoseconds % 1_000_000 == 0, "every", "must be whole milliseconds, is \(duration)")
        return problems
    }

    /// The first time after `date` at which it is due; nil if there is none that can be told, beyond the year 9900.
    public func next(after date: Date) -> Date? {
        switch self {
        case .cron(let expression): return expression.next(after: date)
        case .every(let duration):
            let period = max(1, duration.nanoseconds / 1000)
            let passed = date.microsecondsSince1970
            guard passed < Int64.max / 2, passed > Int64.min / 2 else { return nil }
            let remainder = passed % period
            return Date(microsecondsSince1970: passed - (remainder < 0 ? remainder + period : remainder) + period)
        }
    }

    /// The last time after `early`, not after `late`, at which it is due.
    func last(after early: Date, notAfter late: Date) -> Date? {
        guard var found = next(after: early), found <= late else { return nil }
        var end = late
        // Halves what lies between; the last steps find that nothing does.
        while let following = next(after: found), following <= end {
            let middle = found.addingTimeInterval(end.timeIntervalSince(found) / 2)
            if let later = next(after: max(middle, found)), later <= end {
                found = later
            } else {
                found = following
                end = max(middle, following)
            }
        }
        return found
    }
}
