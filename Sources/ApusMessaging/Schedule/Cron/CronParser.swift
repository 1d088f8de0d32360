// SPDX-License-Identifier: Apache-2.0

/// Reads the five fields of a cron expression.
struct CronParser {
    /// What stands in one field: a bit for each value, and whether it begins with `*`.
    struct Values: Hashable {
        var bits: UInt64 = 0
        var isStar = false
    }

    static let maximumLength = 256

    private static let shortcuts = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
        "@yearly": "0 0 1 1 *",
    ]

    let expression: String
    private let characters: [Character]
    private var position = 0
    private var end = 0

    /// Reads `expression`.
    static func parse(_ expression: String) throws(CronError) -> CronMatcher {
        guard expression.utf8.count <= maximumLength else {
            throw CronError(
                String(expression.prefix(32)) + "…",
                "expected at most \(maximumLength) bytes, "
                    + "found \(expression.utf8.count)")
        }
        if expression.hasPrefix("@") {
            guard let fields = shortcuts[expression.lowercased()] else {
                throw CronError(
                    expression, column: 1,
                    "expected @hourly, @daily, @weekly, @monthly or @yearly, "
                        + "found \"\(expression)\"")
            }
            return try parse(fields)
        }
        var parser = CronParser(expression)
        return try parser.matcher()
    }

    private init(_ expression: String) {
        self.expression = expression
        characters = Array(expression)
    }

    private mutating func matcher() throws(CronError) -> CronMatcher {
        let places = places()
        guard places.count == CronField.allCases.count else {
            let column = places.count > 5 ? places[5].lowerBound + 1 : characters.count + 1
            throw CronError(
                expression, column: column,
                "expected 5 fields (minute, hour, day of the month, month, day of the week), "
                    + "found \(places.count)")
        }
        var values: [Values] = []
        for (field, place) in zip(CronField.allCases, places) {
            position = place.lowerBound
            end = place.upperBound
            values.append(try list(field))
        }
        let matcher = CronMatcher(
            minutes: values[0], hours: values[1], daysOfMonth: values[2], months: values[3], daysOfWeek: values[4])
        guard matcher.isEverDue else {
            throw CronError(
                expression, column: places[2].lowerBound + 1, "never due: no month that is named has such a day")
        }
        return matcher
    }

    /// Where the fields are: what stands between blanks.
    private func places() -> [Range<Int>] {
        var places: [Range<Int>] = []
        var start: Int?
        for (index, character) in characters.enumerated() {
            if character == " " || character == "\t" {
                if let begun = start { places.append(begun..<index) }
                start = nil
            } else if start == nil {
                start = index
            }
        }
        if let begun = start { places.append(begun..<characters.count) }
        return places
    }

    private mutating func list(_ field: CronField) throws(CronError) -> Values {
        var values = Values()
        values.isStar = characters[position] == "*"
        while true {
            values.bits |= try item(field)
            if position == end { return values }
            guard characters[position] == "," else {
                throw unexpected("expected \",\" or the end of the field")
            }
            position += 1
        }
    }

    /// `*`, a value or a range; the first and the last may have a step.
    private mutating func item(_ field: CronField) throws(CronError) -> UInt64 {
        var range = field.whole
        var mayStep = true
        if position < end, characters[position] == "*" {
            position += 1
        } else {
            let first = try value(field)
            if position < end, characters[position] == "-" {
                position += 1
                range = first...(try upperBound(field, from: first))
            } else {
                range = first...first
                mayStep = false
            }
        }
        var step = 1
        if position < end, characters[position] == "/" {
            guard mayStep else { throw unexpected("expected a range or \"*\" before a step") }
            position += 1
            step = try self.step(field)
        }
        var bits: UInt64 = 0
        // Sunday may be written as 7.
        for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
            bits |= 1 << UInt64(field == .dayOfWeek ? value % 7 : value)
        }
        return bits
    }

    private mutating func value(_ field: CronField) throws(CronError) -> Int {
        let start = position
        let token = token()
        guard let value = field.value(token) else {
            position = start
            throw unexpected("expected \(field.expectation)", token)
        }
        return value
    }

    private mutating func upperBound(_ field: CronField, from first: Int) throws(CronError) -> Int {
        let start = position
        let token = token()
        // At the end of a range Sunday is the last day of the week.
        let isSunday = field == .dayOfWeek && token.uppercased() == "SUN"
        guard let value = isSunday ? 7 : field.value(token), value >= first else {
            position = start
            throw unexpected("expected the end of a range, from \(first) to \(field.range.upperBound)", token)
        }
        return value
    }

    private mutating func step(_ field: CronField) throws(CronError) -> Int {
        let most = field.whole.upperBound - field.whole.lowerBound
        let start = position
        let token = token()
        guard token.utf8.count <= 2, token.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let step = Int(token),
            (1...most).contains(step)
        else {
            position = start
            throw unexpected("expected a step from 1 to \(most)", token)
        }
        return step
    }

    /// What comes before the next sign that separates.
    private mutating func token() -> Substring {
        let start = position
        while position < end, !"*,-/".contains(characters[position]) { position += 1 }
        return Substring(String(characters[start..<position]))
    }

    private func unexpected(_ expectation: String, _ token: Substring = "") -> CronError {
        let found =
            if !token.isEmpty { "\"\(token)\"" } else if position < end { "\"\(characters[position])\"" } else {
                "the end of the field"
            }
        return CronError(expression, column: position + 1, "\(expectation), found \(found)")
    }
}
