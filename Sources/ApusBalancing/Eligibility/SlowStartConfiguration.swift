// SPDX-License-Identifier: Apache-2.0
public import ApusCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Gives an instance that is new or comes back after an ejection few calls at first, and more as it warms up.
///
/// Its weight is multiplied by `(time since the start / window) ^ (1 / aggression)`, at least by the minimum. Policies
/// that know weights follow, and ``RoundRobin``, which doesn't, is not affected; neither are those that hash, whose
/// keys would wander.
///
/// Source: Envoy's slow start mode.
public struct SlowStartConfiguration: Sendable, Hashable {
    /// How long the start takes. Default 30 s, 100 ms to 1 h.
    public var window = Duration.seconds(30)
    /// The shape: 1 rises evenly, more rises fast at first, less slowly. Default 1, 0.1 to 10.
    public var aggression = 1.0
    /// The least part of the weight. Default 0.1, 0.01 to 1.
    public var minimumWeight = 0.1

    /// The defaults.
    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireDuration("window", window, in: .milliseconds(100) ... .seconds(3600))
        problems.requireNumber("aggression", aggression, in: 0.1...10)
        problems.requireNumber("minimumWeight", minimumWeight, in: 0.01...1)
        return problems
    }

    /// The part of its weight that a candidate has at `now`; 1 once its window is over.
    public func factor(startedAt start: Instant, now: Instant) -> Double {
        let elapsed = start.duration(to: now).nanoseconds
        guard elapsed < window.nanoseconds else { return 1 }
        let progress = Double(max(0, elapsed)) / Double(window.nanoseconds)
        return max(minimumWeight, pow(progress, 1 / aggression))
    }

    /// How often the weights are taken anew while a start is under way: a hundred times, but at most ten times a
    /// second.
    var step: Duration { max(.nanoseconds(window.nanoseconds / 100), .milliseconds(100)) }
}
