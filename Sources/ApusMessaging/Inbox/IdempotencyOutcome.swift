// SPDX-License-Identifier: Apache-2.0

/// What becomes of a request with an idempotency key.
public enum IdempotencyOutcome: Sendable, Hashable {
    /// It was done now, and this is the answer, which is kept.
    case done(StoredAnswer)
    /// It was done before; the same answer.
    case replayed(StoredAnswer)
    /// Another request with the key is being worked on; at the latest after this time it isn't any more, as far as is known.
    case inProgress(Duration?)
    /// The key was used for a request that asked for something else.
    case reused
}

/// An attempt that has a key for itself until its lease ends.
public struct IdempotencyAttempt: Sendable, Hashable {
    /// What is attempted.
    public let request: IdempotentRequest
    /// Differs from that of every other attempt with the key.
    let token: Int64
}

/// What ``IdempotencyRecords/begin(_:in:)`` found.
public enum IdempotencyBeginning: Sendable, Hashable {
    /// The key is free: go on.
    case begun(IdempotencyAttempt)
    /// There is nothing to do.
    case ended(IdempotencyOutcome)
}
