// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// When something is due, as cron says it: minute, hour, day of the month, month, day of the week.
///
/// ```swift
/// try CronExpression("*/15 8-17 * * MON-FRI")                    // in UTC
/// try CronExpression("30 2 1,15 * *", zone: "Europe/Berlin")
/// ```
/// A field is `*`, a value, a range `8-17` or a list of these with commas; `*/15` and `8-17/2` take each 15th and each second
/// value. Months and days of the week have names, in any case; Sunday is 0 and 7. `@hourly`, `@daily`, `@weekly`, `@monthly` and
/// `@yearly` stand for five fields.
///
/// If both day fields are restricted, a day that fits either is due; a field that begins with `*` isn't restricted, and then
/// both must fit.
///
/// When the clocks of its zone change:
/// - A time that doesn't exist is due at the next that does: 02:30 at 03:00, if the clocks are set from 02:00 to 03:00.
/// - A time that comes twice is due the first time only.
/// - Minutes of *every* hour (`*` as hour) go on with the hours that pass: in those that come twice they are due twice, those
///   that are left out have none.
///
/// Source: crontab(5) of Vixie cron.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// What it was made from.
    public let description: String
    /// The name of its time zone.
    public let zone: String

    private let matcher: CronMatcher
    private let offsets: ZoneOffsets

    /// Reads an expression.
    ///
    /// - Parameters:
    ///   - expression: five fields, or a name with `@`; at most 256 bytes.
    ///   - zone: an IANA name such as `Europe/Berlin`. Default: UTC.
    /// - Throws: what is wrong and where; also if it would never be due, as on February 30.
    public init(_ expression: String, zone: String = "UTC") throws(CronError) {
        matcher = try CronParser.parse(expression)
        guard let timeZone = TimeZone(identifier: zone) else {
            throw CronError(expression, "expected an IANA time zone such as Europe/Berlin, found \"\(zone)\"")
        }
        offsets = ZoneOffsets(zone: timeZone)
        description = expression
        self.zone = zone
    }

    /// The first time after `date` at which it is due; nil beyond the year 9900.
    public func next(after date: Date) -> Date? {
        let seconds = date.timeIntervalSince1970
        guard seconds < Self.latest else { return nil }
        let after = Int(max(seconds, Self.earliest).rounded(.down))
        let found = matcher.isForEveryHour ? everyHour(after: after) : certainHours(after: after)
        return found.map { Date(timeIntervalSince1970: Double($0)) }
    }

    // The years 1 and 9900.
    private static let earliest = -62_135_596_800.0
    private static let latest = 250_246_281_600.0

    /// For times of certain hours: the walls' times one after the other, and when the clocks show each.
    private func certainHours(after: Int) -> Int? {
        var start = floorDivide(after + offsets.offset(at: after), 60).quotient
        // Times that come twice lie at most a day back.
        while let minute = matcher.first(from: start) {
            let instant = offsets.instant(showing: minute * 60)
            if instant > after { return instant }
            start = minute + 1
        }
        return nil
    }

    /// For times of every hour: the instants one after the other, and whether what the clocks show fits.
    private func everyHour(after: Int) -> Int? {
        var early = after + 1
        while true {
            let offset = offsets.offset(at: early)
            // The first whole minute not before.
            let start = floorDivide(early + offset + 59, 60).quotient
            guard let minute = matcher.first(from: start) else { return nil }
            let instant = minute * 60 - offset
            if instant - early > 3 * 86_400 {
                // Far away: the clocks may change more than once until then. Set back soon, they show again what has passed.
                early = offsets.change(after: early, upTo: early + 86_400) ?? instant - 2 * 86_400
            } else if let change = offsets.change(after: early, upTo: instant) {
                early = change
            } else {
                return instant
            }
        }
    }
}
