// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// A call in flight to a candidate. It can't be copied; the call counts until the lease goes away, whichever way.
public struct CandidateLease: ~Copyable, Sendable {
    /// The candidate that the call goes to.
    public let candidate: Candidate

    @inlinable
    init(_ candidate: Candidate) {
        self.candidate = candidate
        candidate.calls.wrappingAdd(1, ordering: .relaxed)
        candidate.group.calls.wrappingAdd(1, ordering: .relaxed)
    }

    @inlinable
    deinit {
        candidate.calls.wrappingSubtract(1, ordering: .relaxed)
        candidate.group.calls.wrappingSubtract(1, ordering: .relaxed)
    }
}
