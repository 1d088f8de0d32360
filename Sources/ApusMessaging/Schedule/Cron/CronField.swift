// SPDX-License-Identifier: Apache-2.0

/// One of the five places of a cron expression, in their order.
enum CronField: Int, CaseIterable, Sendable {
    case minute
    case hour
    case dayOfMonth
    case month
    case dayOfWeek

    /// The numbers that may stand there. Sunday is 0 and 7.
    var range: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// What errors ask for.
    var expectation: String {
        switch self {
        case .minute: "a minute from 0 to 59"
        case .hour: "an hour from 0 to 23"
        case .dayOfMonth: "a day of the month from 1 to 31"
        case .month: "a month from 1 to 12 or JAN to DEC"
        case .dayOfWeek: "a day of the week from 0 to 7 or SUN to SAT"
        }
    }

    /// What counts for all values: Sunday once.
    var whole: ClosedRange<Int> { self == .dayOfWeek ? 0...6 : range }

    /// The names of its values, the first for the lowest; empty if they have none.
    var names: [String] {
        switch self {
        case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        case .minute, .hour, .dayOfMonth: []
        }
    }

    /// The value that a number or a name stands for.
    func value(_ token: Substring) -> Int? {
        guard token.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        if let index = names.firstIndex(of: token.uppercased()) { return range.lowerBound + index }
        guard (1...2).contains(token.utf8.count), token.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(token), range.contains(number)
        else { return nil }
        return number
    }
}
