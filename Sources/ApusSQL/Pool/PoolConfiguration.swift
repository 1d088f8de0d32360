// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How many connections a pool keeps, for how long, and how long callers wait for one.
public struct PoolConfiguration: Sendable, Hashable {
    /// Connections at most, those being opened included. Default: 25. 1 to 10,000.
    public var maxOpen: Int
    /// Idle connections kept for longer than ``surplusIdleTime``. Default: 5. From ``minIdle`` to ``maxOpen``.
    public var maxIdle: Int
    /// Idle connections that are opened before anyone asks, and kept. Default: 0.
    public var minIdle: Int
    /// A connection is closed at this age, when it isn't in use. Default: 5 min. More than zero.
    public var lifetime: Duration
    /// The part of the lifetime by which each connection's own is randomly shorter, so that those opened together aren't
    /// closed together. Default: 0.1. 0 to 0.9.
    public var lifetimeJitter: Double
    /// A connection idle for longer is closed, down to ``minIdle``. Default: 1 min. More than zero.
    public var idleTime: Duration
    /// How long a connection above ``maxIdle`` may stay idle. A pool that closed it at once would open and close
    /// connections all the time under a load that swings around ``maxIdle``. Default: 1 s. At least zero.
    public var surplusIdleTime: Duration
    /// A connection idle for longer is asked whether it still works before it is handed out. Default: 30 s.
    public var validateAfter: Duration
    /// How long a validation or a reset may take before the connection is given up. Default: 2 s. More than zero.
    public var validationTimeout: Duration
    /// How long a caller waits for a connection at most; its own deadline may be earlier. Default: 5 s. More than zero.
    public var acquireTimeout: Duration
    /// Callers that may wait; one more is refused. Default: 1,000. At least 0.
    public var maxWaiters: Int
    /// Connections opened at the same time; one while the server can't be reached. Default: 4. At least 1.
    public var maxDials: Int
    /// The pause after the first failed dial, doubled with each further one. Half of each is random. Default: 50 ms.
    public var dialBackoff: Duration
    /// The longest pause. Default: 1 s. At least ``dialBackoff``.
    public var maxDialBackoff: Duration
    /// A connection in use for longer is reported as leaked, once, with the place that took it. Default: 1 min; nil never.
    public var leakAfter: Duration?

    public init(
        maxOpen: Int = 25, maxIdle: Int = 5, minIdle: Int = 0, lifetime: Duration = .seconds(300),
        lifetimeJitter: Double = 0.1, idleTime: Duration = .seconds(60), surplusIdleTime: Duration = .seconds(1),
        validateAfter: Duration = .seconds(30), validationTimeout: Duration = .seconds(2),
        acquireTimeout: Duration = .seconds(5), maxWaiters: Int = 1000, maxDials: Int = 4,
        dialBackoff: Duration = .milliseconds(50), maxDialBackoff: Duration = .seconds(1),
        leakAfter: Duration? = .seconds(60)
    ) {
        self.maxOpen = maxOpen
        self.maxIdle = maxIdle
        self.minIdle = minIdle
        self.lifetime = lifetime
        self.lifetimeJitter = lifetimeJitter
        self.idleTime = idleTime
        self.surplusIdleTime = surplusIdleTime
        self.validateAfter = validateAfter
        self.validationTimeout = validationTimeout
        self.acquireTimeout = acquireTimeout
        self.maxWaiters = maxWaiters
        self.maxDials = maxDials
        self.dialBackoff = dialBackoff
        self.maxDialBackoff = maxDialBackoff
        self.leakAfter = leakAfter
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        problems.require((1...10_000).contains(maxOpen), "maxOpen", "must be from 1 to 10,000, is \(maxOpen)")
        problems.require(
            minIdle >= 0 && minIdle <= maxOpen, "minIdle", "must be from 0 to maxOpen (\(maxOpen)), is \(minIdle)")
        problems.require(
            maxIdle >= minIdle && maxIdle <= maxOpen, "maxIdle",
            "must be from minIdle (\(minIdle)) to maxOpen (\(maxOpen)), is \(maxIdle)")
        problems.require(lifetime > .zero, "lifetime", "must be more than zero, is \(lifetime)")
        problems.require(
            (0...0.9).contains(lifetimeJitter), "lifetimeJitter", "must be from 0 to 0.9, is \(lifetimeJitter)")
        problems.require(idleTime > .zero, "idleTime", "must be more than zero, is \(idleTime)")
        problems.require(
            surplusIdleTime >= .zero, "surplusIdleTime", "must not be negative, is \(surplusIdleTime)")
        problems.require(validateAfter >= .zero, "validateAfter", "must not be negative, is \(validateAfter)")
        problems.require(
            validationTimeout > .zero, "validationTimeout", "must be more than zero, is \(validationTimeout)")
        problems.require(acquireTimeout > .zero, "acquireTimeout", "must be more than zero, is \(acquireTimeout)")
        problems.require(maxWaiters >= 0, "maxWaiters", "must not be negative, is \(maxWaiters)")
        problems.require(maxDials >= 1, "maxDials", "must be at least 1, is \(maxDials)")
        problems.require(dialBackoff > .zero, "dialBackoff", "must be more than zero, is \(dialBackoff)")
        problems.require(
            maxDialBackoff >= dialBackoff, "maxDialBackoff",
            "must be at least dialBackoff (\(dialBackoff)), is \(maxDialBackoff)")
        problems.require(leakAfter ?? .seconds(1) > .zero, "leakAfter", "must be more than zero")
        return problems
    }
}
