// SPDX-License-Identifier: Apache-2.0
public import ApusBalancing
public import ApusCore
public import ApusResilience

/// How a service is called.
public struct ServiceClientConfiguration: Sendable, Hashable {
    /// The most time for one call with all its attempts; an earlier deadline of the caller's context goes first.
    /// Default 10 s, above 0.
    public var timeout = Duration.seconds(10)
    /// When a failed attempt is followed by another. By default at most 3 attempts, with pauses of up to 25 ms, 50 ms …
    public var retry: RetryConfiguration
    /// What the retries and hedges of all calls to the service together may be: by default a fifth of the calls, and 10 a
    /// second.
    public var retryBudget = RetryBudgetConfiguration()
    /// When a slow attempt gets another one beside it. Default nil: never.
    public var hedging: HedgeConfiguration?
    /// How instances are picked. Default: they take turns.
    public var balancing = BalancingConfiguration()
    /// When an instance that fails more than the others is left out for a while; nil for never. Default: as
    /// `OutlierConfiguration` says.
    public var outliers: OutlierConfiguration? = OutlierConfiguration()
    /// When an instance is no longer called, and how it comes back. Each instance has a breaker of its own.
    public var breaker = CircuitBreakerConfiguration()
    /// How many calls may be under way at once, and how many wait for that; nil for any number. Default nil.
    public var bulkhead: BulkheadConfiguration?
    /// How long a first call waits for the registry's first answer. Default 2 s, at least 0.
    public var resolveTimeout = Duration.seconds(2)
    /// Bytes of a response's body. Default 8 MiB, at least 0.
    public var maximumResponseBytes = 8 << 20

    /// The attempts for one call, the first included: that of ``retry``. Default 3, 1 to 100.
    public var maximumAttempts: Int {
        get { retry.maximumAttempts }
        set { retry.maximumAttempts = newValue }
    }

    /// A configuration with the defaults named above.
    public init() {
        retry = RetryConfiguration()
        retry.backoff = Backoff(base: .milliseconds(25), maximum: .seconds(1))
    }

    /// Every problem of the values, with the path of the property; empty if there is none.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require(timeout > .zero, "timeout", "must be above zero, is \(timeout)")
        problems.require(resolveTimeout >= .zero, "resolveTimeout", "must not be negative, is \(resolveTimeout)")
        problems.require(
            maximumResponseBytes >= 0, "maximumResponseBytes", "must not be negative, is \(maximumResponseBytes)")
        let parts: [(String, [ConfigurationProblem])] = [
            ("retry", retry.validate()), ("retryBudget", retryBudget.validate()),
            ("hedging", hedging?.validate() ?? []), ("balancing", balancing.validate()),
            ("outliers", outliers?.validate() ?? []), ("breaker", breaker.validate()),
            ("bulkhead", bulkhead?.validate() ?? []),
        ]
        for (name, found) in parts {
            problems += found.map { ConfigurationProblem("\(name).\($0.key)", $0.message) }
        }
        return problems
    }
}
