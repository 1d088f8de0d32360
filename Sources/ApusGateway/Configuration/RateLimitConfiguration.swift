// SPDX-License-Identifier: Apache-2.0

/// How many requests a route lets through; above it 429 with `Retry-After`.
public struct RateLimitConfiguration: Hashable, Sendable {
    /// Whose requests are counted together.
    public enum Subject: String, Sendable, CaseIterable {
        /// Each client address has its own budget (with trusted proxies, the address that they report).
        case client
        /// Each token subject has its own budget; needs `auth`.
        case subject
        /// All requests of the route share one budget.
        case route
    }

    /// Requests in the long run.
    public var rate: RateConfiguration
    /// Requests that may come at once after a pause. Those of one period by default.
    public var burst: Int
    /// Whose requests are counted together; each client's by default.
    public var by: Subject

    public init(rate: RateConfiguration, burst: Int? = nil, by: Subject = .client) {
        self.rate = rate
        self.burst = burst ?? rate.requests
        self.by = by
    }
}
