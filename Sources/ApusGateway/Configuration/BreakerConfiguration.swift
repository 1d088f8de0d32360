// SPDX-License-Identifier: Apache-2.0

/// The circuit breaker in front of each instance of a service.
public struct BreakerConfiguration: Equatable, Sendable {
    /// The share of failed requests (connection failures, lost connections, deadlines, 5xx) that opens it. 0.5 by
    /// default.
    public var failureRate: Double = 0.5
    /// Requests within the window before it may open. 20 by default.
    public var minimumRequests: Int = 20
    /// The time over which requests are counted. 10 s by default.
    public var window: Duration = .seconds(10)
    /// How long it stays open before probes are let through. 5 s by default.
    public var openFor: Duration = .seconds(5)
    /// Probes at once while half open. 3 by default.
    public var probes: Int = 3

    public init() {}
}
