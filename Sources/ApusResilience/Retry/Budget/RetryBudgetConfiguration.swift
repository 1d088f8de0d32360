// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How many calls may be repeated, as a share of the calls that are made.
///
/// Defaults are those of Finagle's and linkerd's budgets: 20 %, and 10 a second on top so that a service that is seldom
/// called can be retried at all.
public struct RetryBudgetConfiguration: Sendable, Hashable {
    /// Repetitions per call. Default 0.2, from 0 to 10. Kept in millionths: 0.15, 0.3 and 0.7 are exact.
    public var ratio = 0.2
    /// How long a call counts. Default 10 s, from 1 s to 60 s.
    public var window = Duration.seconds(10)
    /// Repetitions per second that are allowed however few calls are made. Default 10, from 0 to 100,000. They come
    /// in one piece: from the start, and after each quiet window, `window` times this may be spent at once.
    public var minimumPerSecond = 10

    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(ratio >= 0 && ratio <= 10, "ratio", "must be from 0 to 10, is \(ratio)")
        problems.requireDuration("window", window, in: .seconds(1) ... .seconds(60))
        problems.requireInteger("minimumPerSecond", minimumPerSecond, in: 0...100_000)
        return problems
    }
}
