// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation

/// A cron expression made by chance, with the values of its fields, and a plain model of when it is due: minute by minute.
struct CronModel {
    let text: String
    private let minutes: [Bool]
    private let hours: [Bool]
    private let daysOfMonth: [Bool]
    private let months: [Bool]
    private let daysOfWeek: [Bool]
    private let eitherDay: Bool

    init(using random: inout FastRandom) {
        let minute = Self.field(0...59, stars: 1, of: 6, &random)
        let hour = Self.field(0...23, stars: 2, of: 5, &random)
        let day = Self.field(1...31, stars: 1, of: 2, &random)
        let month = Self.field(1...12, stars: 2, of: 3, &random)
        let week = Self.field(0...6, stars: 1, of: 2, &random)
        text = [minute, hour, day, month, week].map(\.text).joined(separator: " ")
        (minutes, hours, daysOfMonth) = (minute.values, hour.values, day.values)
        (months, daysOfWeek) = (month.values, week.values)
        eitherDay = !day.text.hasPrefix("*") && !week.text.hasPrefix("*")
    }

    private static func field(
        _ range: ClosedRange<Int>, stars: Int, of total: Int, _ random: inout FastRandom
    ) -> (text: String, values: [Bool]) {
        var values = [Bool](repeating: false, count: 64)
        if Int.random(in: 0..<total, using: &random) < stars {
            for value in range { values[value] = true }
            return ("*", values)
        }
        var items: [String] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let low = Int.random(in: range, using: &random)
            let high = Int.random(in: low...range.upperBound, using: &random)
            let step = Int.random(in: 1...max(1, (range.upperBound - range.lowerBound) / 2), using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                items.append("*/\(step)")
                for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
                    values[value] = true
                }
            case 1:
                items.append("\(low)-\(high)/\(step)")
                for value in stride(from: low, through: high, by: step) { values[value] = true }
            case 2:
                items.append("\(low)-\(high)")
                for value in low...high { values[value] = true }
            default:
                items.append("\(low)")
                values[low] = true
            }
        }
        return (items.joined(separator: ","), values)
    }

    /// When it is due on `clock`, in minutes since 1970, in order.
    func due(on clock: WallTable) -> [Int] {
        let isForEveryHour = hours.prefix(24).allSatisfy { $0 }
        var due: [Int] = []
        var wall = clock.walls.lowerBound - 1
        while wall + 1 < clock.walls.upperBound {
            wall += 1
            if wall == clock.walls.lowerBound || wall % 1440 == 0, !fits(day: wall / 1440) {
                wall += 1439 - wall % 1440
                continue
            }
            guard minutes[wall % 60], hours[wall / 60 % 24] else { continue }
            let shown = clock.instants(showing: wall)
            if isForEveryHour {
                due += shown
            } else {
                due.append(shown.first ?? clock.jump(over: wall))
            }
        }
        return Set(due).sorted()
    }

    /// Counts the days from 1970-01-01 on.
    private func fits(day number: Int) -> Bool {
        var (year, rest) = (1970, number)
        while rest >= Self.length(year) {
            rest -= Self.length(year)
            year += 1
        }
        var month = 1
        while rest >= Self.length(month, year) {
            rest -= Self.length(month, year)
            month += 1
        }
        let (byMonth, byWeek) = (daysOfMonth[rest + 1], daysOfWeek[(number + 4) % 7])
        return months[month] && (eitherDay ? byMonth || byWeek : byMonth && byWeek)
    }

    private static func length(_ year: Int) -> Int { length(2, year) == 29 ? 366 : 365 }

    private static func length(_ month: Int, _ year: Int) -> Int {
        let isLeap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }
}

/// What the clocks of a zone show at each minute of some years, in minutes since 1970.
struct WallTable {
    /// The wall times that lie well inside the years.
    let walls: Range<Int>
    /// The minutes at which the clocks change.
    private(set) var changes: [Int] = []
    /// The first minute that shows a wall time, and the second; 0 for none.
    private var first: [Int]
    private var second: [Int: Int] = [:]
    private var jumps: [(walls: Range<Int>, instant: Int)] = []
    private let base: Int

    init(_ zone: TimeZone, years: ClosedRange<Int>) {
        let minute = { (year: Int) in (year - 1970) * 525_600 + (year - 1969) / 4 * 1440 }
        let instants = minute(years.lowerBound)..<minute(years.upperBound + 1)
        walls = instants.lowerBound + 3000..<instants.upperBound - 3000
        base = instants.lowerBound - 3000
        first = Array(repeating: 0, count: instants.count + 6000)
        let offset = { (minute: Int) in
            zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(minute) * 60)) / 60
        }
        var last = instants.lowerBound + offset(instants.lowerBound) - 1
        for start in stride(from: instants.lowerBound, to: instants.upperBound, by: 30) {
            // Within half an hour the clocks change at most once.
            let steady = offset(start)
            let isSteady = steady == offset(start + 30)
            for instant in start..<min(start + 30, instants.upperBound) {
                let wall = instant + (isSteady ? steady : offset(instant))
                if wall != last + 1 { changes.append(instant) }
                if wall > last + 1 { jumps.append((last + 1..<wall, instant)) }
                if first[wall - base] == 0 { first[wall - base] = instant } else { second[wall] = instant }
                last = wall
            }
        }
    }

    func instants(showing wall: Int) -> [Int] {
        [first[wall - base], second[wall] ?? 0].filter { $0 > 0 }
    }

    /// The minute at which the clocks jump over `wall`.
    func jump(over wall: Int) -> Int {
        jumps.first { $0.walls.contains(wall) }?.instant ?? -1
    }
}
