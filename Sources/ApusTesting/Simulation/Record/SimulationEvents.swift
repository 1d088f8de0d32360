// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// An attempt that a client sent to an instance.
public struct Departure: Sendable, Hashable {
    /// When, since the start of the simulation.
    public let at: Duration
    /// Where to.
    public let instance: String
    /// Who sent it.
    public let client: String
    /// Its number within its call, 1 for the first.
    public let attempt: Int
    /// How much time was left; nil without a deadline.
    public let remaining: Duration?
}

/// An attempt that came to an instance.
public struct Arrival: Sendable, Hashable {
    /// When, since the start of the simulation.
    public let at: Duration
    /// Where.
    public let instance: String
    /// Who sent it.
    public let client: String
    /// Its number within its call, 1 for the first.
    public let attempt: Int
    /// Whether the instance was up.
    public let wasAccepted: Bool
}

/// A worker that began with a request.
public struct WorkStart: Sendable, Hashable {
    /// When, since the start of the simulation.
    public let at: Duration
    /// Where.
    public let instance: String
    /// How much time was left; nil without a deadline, negative after it.
    public let remaining: Duration?
}

/// A call from its begin to its end, with all its attempts.
public struct FinishedCall: Sendable, Hashable {
    /// When it began, since the start of the simulation.
    public let start: Duration
    /// When it ended.
    public let end: Duration
    /// Whose load it belongs to.
    public let load: String
    /// Why it failed; nil if it succeeded.
    public let failure: CallFailure.Code?
    /// The instance that answered.
    public let instance: String?

    /// How long it took.
    public var latency: Duration { end - start }
}

/// A circuit breaker that changed its phase, or an instance that was ejected or came back.
public struct StateChange: Sendable, Hashable {
    /// When, since the start of the simulation.
    public let at: Duration
    /// Whose view it is.
    public let client: String
    /// The instance.
    public let instance: String
    /// What it is now, such as `open`, `half-open`, `closed`, `ejected`, `returned`.
    public let state: String
}
