// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The answer of a rate limiter to one request, with what the response headers say.
public struct RateDecision: Sendable, Hashable {
    /// Whether the request may pass.
    public enum Verdict: Sendable, Hashable {
        case allowed
        /// Too soon: ``RateDecision/retryAfter`` says when it fits.
        case limited
        /// It costs more than the whole burst and will never fit.
        case neverFits
    }

    /// Whether the request may pass, and if not, whether it ever may.
    public let verdict: Verdict
    /// How many requests fit at once (`RateLimit-Limit`).
    public let limit: Int
    let interval: Int64
    let tolerance: Int64
    let retryNanoseconds: Int64
    let resetNanoseconds: Int64

    /// Whether the request may pass.
    @inlinable public var isAllowed: Bool { verdict == .allowed }

    /// How many more would fit right now (`RateLimit-Remaining`).
    public var remaining: Int { Int((tolerance - resetNanoseconds) / interval) }

    /// How long to wait until a request of the same cost fits; nil if it was allowed or never fits.
    public var retryAfter: Duration? { verdict == .limited ? .nanoseconds(retryNanoseconds) : nil }

    /// How long until the full burst is there again (`RateLimit-Reset`).
    public var reset: Duration { .nanoseconds(resetNanoseconds) }

    /// The failure of a call that it doesn't let through.
    @usableFromInline var failure: CallFailure {
        CallFailure(
            .overloaded,
            verdict == .neverFits ? "the call costs more than the rate limit ever allows" : "the rate limit is used up",
            stage: .admission, retryAfter: retryAfter, mayHaveReachedPeer: false)
    }

    /// What matters less than any other decision.
    static let unlimited = RateDecision(
        verdict: .allowed, limit: .max, interval: 1, tolerance: .max, retryNanoseconds: 0, resetNanoseconds: 0)
}
