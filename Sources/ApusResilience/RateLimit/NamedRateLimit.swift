// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// One of the limits of a ``CombinedRateLimiter``.
public struct NamedRateLimit: Sendable, Hashable {
    /// What decisions, logs and metrics call it, such as `client` or `everyone`.
    public var name: String
    /// The rate and the burst of each key.
    public var limit: RateLimit
    /// How many keys are remembered. Default 65,536; 1 to 100,000,000.
    public var maximumKeys: Int

    public init(_ name: String, _ limit: RateLimit, maximumKeys: Int = 65_536) {
        self.name = name
        self.limit = limit
        self.maximumKeys = maximumKeys
    }

    /// Every problem of this limit; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems = limit.validate()
        problems.requireInteger("maximumKeys", maximumKeys, in: 1...100_000_000)
        problems.require(!name.isEmpty, "name", "must not be empty")
        return problems
    }
}
