// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// When a process sheds load.
public struct LoadShedderConfiguration: Sendable, Hashable {
    /// The queueing delay that is fine. Default 20 ms, 1 ms to 10 s. Where requests take so long that four of them take
    /// longer than that in turn, it is the time of four.
    public var targetDelay = Duration.milliseconds(20)
    /// How long the signals are watched before it decides anew. Default 100 ms, 10 ms to 10 s.
    public var window = Duration.milliseconds(100)
    /// How many delays must have been seen for that; the window lasts until then, at most ten times as long. Default 10,
    /// 1 to 10,000.
    public var minimumSamples = 10
    /// The use of the CPU above which it begins to shed ``CallPriority/sheddable`` requests before anything queues.
    /// Default 0.95, 0.1 to 1; nil is off. Without samples of the CPU it does nothing.
    public var cpuTarget: Double? = 0.95
    /// How many requests are in flight at most, whatever the other signals say, so that memory has a bound. Default 10,000,
    /// 1 to 10,000,000. Sheddable requests have 70 % of it, normal ones 80 %, high ones 90 %.
    public var maximumInFlight = 10_000

    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireDuration("targetDelay", targetDelay, in: .milliseconds(1) ... .seconds(10))
        problems.requireDuration("window", window, in: .milliseconds(10) ... .seconds(10))
        problems.requireInteger("minimumSamples", minimumSamples, in: 1...10_000)
        if let cpuTarget {
            problems.require(
                cpuTarget >= 0.1 && cpuTarget <= 1, "cpuTarget", "must be from 0.1 to 1, is \(cpuTarget)")
        }
        problems.requireInteger("maximumInFlight", maximumInFlight, in: 1...10_000_000)
        return problems
    }
}
