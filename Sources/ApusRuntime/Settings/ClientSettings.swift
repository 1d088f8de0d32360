// SPDX-License-Identifier: Apache-2.0
public import ApusBalancing
internal import ApusCore
public import ApusResilience

/// What an operator says about the calls to other services, under names that begin with `CLIENT_`. It holds for each service
/// that is called.
public struct ClientSettings: Sendable, Hashable {
    /// `CLIENT_TIMEOUT`: the most time for one call with all its attempts. 1 ms to 1 h, default 10 s.
    public var timeout = Duration.seconds(10)
    /// `CLIENT_ATTEMPTS`: the attempts for one call, the first included. 1 to 10, default 3.
    public var attempts = 3
    /// `CLIENT_ATTEMPT_TIMEOUT`: the most time for one attempt. 1 ms to 1 h, default nil (`off`).
    public var attemptTimeout: Duration?
    /// `CLIENT_RETRY_BUDGET`: retries and hedges for each call. 0 to 10, default 0.2.
    public var retryBudget = RetryBudgetConfiguration().ratio
    /// `CLIENT_HEDGE_AFTER`: how long an attempt is waited for before another instance is asked as well. A duration of up to
    /// 1 h, or the percentile of recent calls, `p50` to `p99.99`. Default nil (`off`).
    public var hedgeAfter: HedgeDelay?
    /// `CLIENT_BALANCING`: how instances are picked. Default round robin.
    public var balancing = BalancingConfiguration.PolicyName.roundRobin
    /// `CLIENT_OUTLIERS`: whether instances that fail more than the others are left out. Default true.
    public var ejectsOutliers = true
    /// `CLIENT_BREAKER`: whether each instance has a circuit breaker. Default true.
    public var breaks = true
    /// `CLIENT_BREAKER_FAILURES`: so many failures in a row open it. 1 to 1,000,000, or 0 (`off`); default 5.
    public var breakerFailures = CircuitBreakerConfiguration().consecutiveFailures
    /// `CLIENT_BREAKER_FAILURE_RATE`: this share of failures opens it. Above 0 to 1, or nil (`off`); default 0.5.
    public var breakerFailureRate = CircuitBreakerConfiguration().failureRate
    /// `CLIENT_BREAKER_OPEN_FOR`: how long it stays open at first. 10 ms to 1 h, default 5 s.
    public var breakerOpenFor = CircuitBreakerConfiguration().openDuration
    /// `CLIENT_MAX_REQUESTS`: how many calls to one service may be under way at once. 1 to 1,000,000, default nil (`off`).
    public var maximumRequests: Int?

    /// The policies that calls without a key can be balanced with.
    static let policies: [BalancingConfiguration.PolicyName] = [
        .roundRobin, .weightedRoundRobin, .random, .leastRequests, .peakEWMA,
    ]

    /// The defaults.
    public init() {}

    /// Reads the keys. Problems are left for ``Settings/validate()``.
    init(from settings: inout Settings) {
        let times = Duration.milliseconds(1) ... .seconds(3600)
        timeout = settings.duration(
            "CLIENT_TIMEOUT", default: timeout, in: times, "a call to another service, with all attempts")
        attempts = settings.integer("CLIENT_ATTEMPTS", default: attempts, in: 1...10, "attempts for one call")
        attemptTimeout = settings.value(
            "CLIENT_ATTEMPT_TIMEOUT", .orOff(.duration(in: times)), default: attemptTimeout, "one attempt, or off")
        retryBudget = settings.value(
            "CLIENT_RETRY_BUDGET", .number(in: 0...10), default: retryBudget, "retries and hedges for each call")
        hedgeAfter = settings.value(
            "CLIENT_HEDGE_AFTER", .orOff(.hedgeDelay), default: hedgeAfter,
            "ask a second instance after a duration or a percentile such as p95, or off")
        balancing = settings.value(
            "CLIENT_BALANCING", .policy, default: balancing, "how the instances of a service are picked")
        ejectsOutliers = settings.boolean(
            "CLIENT_OUTLIERS", default: ejectsOutliers, "leave out instances that fail more than the others")
        breaks = settings.boolean("CLIENT_BREAKER", default: breaks, "a circuit breaker for each instance")
        let failures: Int? = settings.value(
            "CLIENT_BREAKER_FAILURES", .orOff(.integer(in: 1...1_000_000)), default: breakerFailures,
            "failures in a row that open it, or off")
        breakerFailures = failures ?? 0
        breakerFailureRate = settings.value(
            "CLIENT_BREAKER_FAILURE_RATE", .orOff(.number(in: 0.001...1)), default: breakerFailureRate,
            "share of failures that opens it, or off")
        breakerOpenFor = settings.duration(
            "CLIENT_BREAKER_OPEN_FOR", default: breakerOpenFor, in: .milliseconds(10) ... .seconds(3600),
            "how long it stays open at first")
        maximumRequests = settings.value(
            "CLIENT_MAX_REQUESTS", .orOff(.integer(in: 1...1_000_000)), default: maximumRequests,
            "calls to one service at once, or off")
    }
}
