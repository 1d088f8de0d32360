// SPDX-License-Identifier: Apache-2.0
public import ApusBalancing
import ApusCore
public import ApusResilience

/// How a simulated client calls a service. Every part is the shipped one; nil leaves it out.
public struct SimulatedClientConfiguration: Sendable {
    /// How instances are picked. Default round robin.
    public var balancing = BalancingConfiguration()
    /// The circuit breaker of each instance. Default its defaults.
    public var breaker: CircuitBreakerConfiguration? = CircuitBreakerConfiguration()
    /// Which instances are left out. Default nil.
    public var outliers: OutlierConfiguration?
    /// When calls are made again. Default its defaults.
    public var retry: RetryConfiguration? = RetryConfiguration()
    /// What retries and hedges draw on. Default its defaults.
    public var budget: RetryBudgetConfiguration? = RetryBudgetConfiguration()
    /// When a second instance is asked. Default nil.
    public var hedge: HedgeConfiguration?
    /// How long a call may take with all its attempts. Default 1 s.
    public var deadline: Duration? = .seconds(1)

    public init() {}
}
