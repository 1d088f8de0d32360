// SPDX-License-Identifier: Apache-2.0
public import ApusResilience

/// How a service is called.
public struct ServiceClientConfiguration: Sendable, Hashable {
    /// The most time for one call with all its attempts; an earlier deadline of the caller's context goes first.
    /// Default 10 s.
    public var timeout = Duration.seconds(10)
    /// The most instances that are tried for one call, as long as none can have seen it. Default 3.
    public var maximumAttempts = 3
    /// How long a first call waits for the registry's first answer. Default 2 s.
    public var resolveTimeout = Duration.seconds(2)
    /// Bytes of a response's body. Default 8 MiB.
    public var maximumResponseBytes = 8 << 20
    /// When an instance is no longer called, and how it comes back. Each instance has a breaker of its own.
    public var breaker = CircuitBreakerConfiguration()

    public init() {}

    /// Every problem of the values, with the name of the property; empty if there is none.
    public func problems() -> [String] {
        var problems: [String] = []
        if timeout <= .zero { problems.append("timeout is not positive") }
        if maximumAttempts < 1 { problems.append("maximumAttempts is \(maximumAttempts); expected at least 1") }
        if resolveTimeout < .zero { problems.append("resolveTimeout is negative") }
        if maximumResponseBytes < 0 { problems.append("maximumResponseBytes is negative") }
        return problems + breaker.validate().map { "breaker.\($0)" }
    }
}
