// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// When an instance that fails more than the others is left out, and for how long.
///
/// Two signals act at once: failures in a row. Two are judged at the end of each ``interval``: an instance whose rate
/// of success is far below that of the others, and one that fails nearly always. Each can be turned off.
///
/// Source: Envoy's outlier detection and gRPC A50; the defaults are theirs unless said otherwise.
public struct OutlierConfiguration: Sendable, Hashable {
    /// Ejects after so many failures in a row, of any kind. Default 5, from 0 (off) to 1,000,000.
    public var consecutiveFailures = 5
    /// Ejects after so many calls in a row that the instance itself didn't answer (no connection, connection lost, 502,
    /// 503, 504). Default 3, from 0 (off) to 1,000,000; Envoy counts 5 and doesn't act on it.
    public var consecutiveGatewayFailures = 3
    /// How often the rates are judged. Default 10 s, 100 ms to 1 h.
    public var interval = Duration.seconds(10)
    /// How long the first ejection lasts; the second twice as long, and so on. Default 30 s, 100 ms to 1 h.
    public var baseEjection = Duration.seconds(30)
    /// The longest ejection. Default 300 s, from ``baseEjection`` to 24 h.
    public var maximumEjection = Duration.seconds(300)
    /// How much of its time an ejection is lengthened by chance at most, so that those which began together don't end
    /// together. Default 0, 0 to 1.
    public var jitter = 0.0
    /// The share of the instances that may be out at a time, rounded down. Default 0.1, 0 to 1.
    public var maximumEjected = 0.1
    /// Whether one instance may be out however few there are. Default true, because 10 % of fewer than ten is none;
    /// false in Envoy. The last usable instance stays in any case.
    public var alwaysEjectOne = true
    /// Judges the rate of success.
    public var successRate: SuccessRate? = SuccessRate()
    /// Judges the percentage of failures. Envoy doesn't act on it by default.
    public var failurePercentage: FailurePercentage? = FailurePercentage()

    /// Ejects an instance whose rate of success is below the mean of all by more than a number of standard deviations.
    public struct SuccessRate: Sendable, Hashable {
        /// How many instances must have enough calls. Default 5, 2 to 10,000.
        public var minimumHosts = 5
        /// How many calls in an interval are enough. Default 100, 1 to 1,000,000.
        public var minimumRequests = 100
        /// The number of standard deviations. Default 1.9, 0 to 10.
        public var deviations = 1.9

        /// The defaults.
        public init() {}
    }

    /// Ejects an instance that fails at least so many percent of its calls.
    public struct FailurePercentage: Sendable, Hashable {
        /// The percentage, itself included. Default 85, 1 to 100.
        public var threshold = 85
        /// How many instances must have enough calls. Default 5, 1 to 10,000.
        public var minimumHosts = 5
        /// How many calls in an interval are enough. Default 50, 1 to 1,000,000.
        public var minimumRequests = 50

        /// The defaults.
        public init() {}
    }

    /// The defaults.
    public init() {}

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.requireInteger("consecutiveFailures", consecutiveFailures, in: 0...1_000_000)
        problems.requireInteger("consecutiveGatewayFailures", consecutiveGatewayFailures, in: 0...1_000_000)
        problems.requireDuration("interval", interval, in: .milliseconds(100) ... .seconds(3600))
        problems.requireDuration("baseEjection", baseEjection, in: .milliseconds(100) ... .seconds(3600))
        problems.require(
            maximumEjection >= baseEjection && maximumEjection <= .seconds(86_400), "maximumEjection",
            "must be from baseEjection (\(baseEjection)) to \(Duration.seconds(86_400)), is \(maximumEjection)")
        problems.requireNumber("jitter", jitter, in: 0...1)
        problems.requireNumber("maximumEjected", maximumEjected, in: 0...1)
        if let rate = successRate {
            problems.requireInteger("successRate.minimumHosts", rate.minimumHosts, in: 2...10_000)
            problems.requireInteger("successRate.minimumRequests", rate.minimumRequests, in: 1...1_000_000)
            problems.requireNumber("successRate.deviations", rate.deviations, in: 0...10)
        }
        if let failures = failurePercentage {
            problems.requireInteger("failurePercentage.threshold", failures.threshold, in: 1...100)
            problems.requireInteger("failurePercentage.minimumHosts", failures.minimumHosts, in: 1...10_000)
            problems.requireInteger("failurePercentage.minimumRequests", failures.minimumRequests, in: 1...1_000_000)
        }
        return problems
    }
}
