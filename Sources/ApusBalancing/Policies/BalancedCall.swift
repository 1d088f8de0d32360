// SPDX-License-Identifier: Apache-2.0

/// What a policy knows of the call that it picks a candidate for.
public struct BalancedCall: Sendable {
    /// The hash of what calls should stick by (a user, a session), for policies that hash. Nil: no such key.
    public var hash: UInt64?
    /// Candidates that this call has tried already and that are not to be picked again.
    public var excluded: [Candidate]

    /// A call without a hash that has tried nothing yet, unless said otherwise.
    @inlinable
    public init(hash: UInt64? = nil, excluding excluded: [Candidate] = []) {
        self.hash = hash
        self.excluded = excluded
    }

    /// Whether the call may go to `candidate`: it is usable and not excluded.
    @inlinable
    public func allows(_ candidate: Candidate) -> Bool {
        candidate.isUsable && (excluded.isEmpty || !excluded.contains { $0 === candidate })
    }
}
