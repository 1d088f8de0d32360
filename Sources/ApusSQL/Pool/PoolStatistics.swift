// SPDX-License-Identifier: Apache-2.0

/// What a pool holds now and did since it was made, for metrics and health.
public struct PoolStatistics: Sendable, Hashable {
    /// Connections that are open, whatever they do.
    public var open = 0
    /// Open and waiting for work.
    public var idle = 0
    /// In use.
    public var leased = 0
    /// Being opened.
    public var dialing = 0
    /// Being brought back to a clean state.
    public var resetting = 0
    /// Callers that wait.
    public var waiting = 0

    /// Connections handed out, ever; the rest likewise.
    public var acquired = 0
    /// Callers that had to wait, and for how long those waited that were served.
    public var waits = 0
    public var waited: Duration = .zero
    /// Callers refused because too many waited.
    public var rejected = 0
    /// Callers that waited in vain.
    public var timeouts = 0
    /// Callers that were cancelled while they waited.
    public var cancelled = 0
    public var dials = 0
    public var dialFailures = 0
    /// Closed since they were too old, were idle for too long, or the pool had too many.
    public var retired = 0
    /// Closed since they were broken or evicted.
    public var broken = 0
    public var resets = 0
    public var leaks = 0

    public init() {}
}
