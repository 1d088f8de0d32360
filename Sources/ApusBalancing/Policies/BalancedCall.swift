// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// What a policy knows of the call that it picks a candidate for.
public struct BalancedCall: Sendable {
    /// The hash of what calls should stick by (a user, a session, a cookie's value), for policies that hash; see
    /// ``XXHash64`` in ApusCore. Nil: no such key, and any candidate will do.
    public var hash: UInt64?
    /// Candidates that this call has tried already and that are not to be picked again.
    public var excluded: [Candidate]
    /// The time, for policies that weigh latencies. Nil: the balancer reads its clock if the policy asks for it.
    public var now: Instant?
    /// Reasons not to use a candidate that don't count for this call, as in a panic.
    public var ignoring: Candidate.Unusable

    /// A call without a hash that has tried nothing yet, unless said otherwise.
    @inlinable
    public init(
        hash: UInt64? = nil, excluding excluded: [Candidate] = [], now: Instant? = nil,
        ignoring: Candidate.Unusable = []
    ) {
        self.hash = hash
        self.excluded = excluded
        self.now = now
        self.ignoring = ignoring
    }

    /// Whether the call may go to `candidate`: it is usable and not excluded.
    @inlinable
    public func allows(_ candidate: Candidate) -> Bool {
        ignores(candidate.reasons.load(ordering: .relaxed)) && !excluded.contains { $0 === candidate }
    }

    /// Whether the call may go to the candidate at `index`. As ``allows(_:)``, but picks that look at a candidate this
    /// way needn't count a reference to it.
    @inlinable @inline(__always)
    public func allows(_ candidates: [Candidate], at index: Int) -> Bool {
        ignores(candidates[index].reasons.load(ordering: .relaxed))
            && (excluded.isEmpty || !excludes(candidates, at: index))
    }

    @inlinable @inline(__always)
    func ignores(_ reasons: UInt8) -> Bool { reasons & ~ignoring.rawValue == 0 }

    @usableFromInline @inline(never)
    func excludes(_ candidates: [Candidate], at index: Int) -> Bool {
        excluded.contains { $0 === candidates[index] }
    }
}
