// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How much time a call gets.
public struct DeadlineConfiguration: Sendable, Hashable {
    /// The most time for a call; an earlier deadline of its context goes first. Default 10 s, from 1 ms to 24 h.
    public var atMost = Duration.seconds(10)
    /// What is kept back of a deadline that the context brings along, for the answer's way back. Default 0, to 1 h.
    public var margin = Duration.zero
    /// A call is not begun with less than this left: what it takes at least. Default 0, to 24 h.
    public var needed = Duration.zero
    /// Whether a call that goes on past its deadline is cut off. Default false: whoever is called watches the deadline
    /// itself, as the HTTP client and the pools do. True costs two tasks and a timer per call.
    public var cutsOff = false

    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireDuration("atMost", atMost, in: .milliseconds(1) ... .seconds(86_400))
        problems.requireDuration("margin", margin, in: .zero ... .seconds(3600))
        problems.requireDuration("needed", needed, in: .zero ... .seconds(86_400))
        return problems
    }
}
