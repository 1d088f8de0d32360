// SPDX-License-Identifier: Apache-2.0

/// Why a text is no cron expression that can be used: where, and what was expected there.
public struct CronError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was given.
    public let expression: String
    /// The place in it, counted in characters from 1; nil if it is the whole.
    public let column: Int?
    /// A sentence without its end: `expected an hour from 0 to 23, found "25"`.
    public let message: String

    init(_ expression: String, column: Int? = nil, _ message: String) {
        self.expression = expression
        self.column = column
        self.message = message
    }

    public var description: String {
        "cron expression \"\(expression)\"" + (column.map { ", column \($0)" } ?? "") + ": \(message)"
    }
}
