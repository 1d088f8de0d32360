// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A request that layers may send more than once: it knows whether that is safe.
public protocol RepeatableRequest: Sendable {
    /// Whether it may be sent again, or twice at once, though a peer may have seen it: its operation is safe or
    /// idempotent, or it carries an idempotency key.
    ///
    /// Asked before each hedge and after each failed attempt. A request with a body says no as soon as the body can't be
    /// sent again from the start: keep at most so many bytes for that, and say no once more than these have been taken.
    /// What no peer can have seen is sent again whatever this says; its body must then be untouched.
    var isRepeatable: Bool { get }

    /// Makes it the request of another attempt. Called on a copy of the request of the attempt before.
    ///
    /// A request that knows the instances it was sent to, because the balancing layer below notes them in an object that
    /// all its copies share, excludes them here. By default it stays as it is.
    mutating func prepare(for attempt: RepeatedAttempt)
}

extension RepeatableRequest {
    public mutating func prepare(for attempt: RepeatedAttempt) {}
}

/// An attempt that is not the first of its call.
public struct RepeatedAttempt: Sendable {
    /// Its number, counted from 1, so at least 2.
    public let number: Int
    /// Whether it should rather go to an instance that the attempts before didn't go to.
    public let avoidsPrevious: Bool
    /// Why the attempt before failed; nil for a hedge, which is sent because there is no answer yet.
    public let failure: CallFailure?

    @inlinable
    public init(number: Int, avoidsPrevious: Bool, failure: CallFailure?) {
        self.number = number
        self.avoidsPrevious = avoidsPrevious
        self.failure = failure
    }
}
