// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Candidates as picks see them at one moment: the ``EligibilityPlan`` with the policy's table for each of its groups.
///
/// Never changed. Whoever holds one makes another when ``isCurrent(at:)`` says that it is out of date. ``Balancer`` does
/// all of that; an event loop that needs no lock may hold a view of its own.
public final class BalancingView<Policy: BalancingPolicy>: Sendable {
    @usableFromInline
    struct Group: Sendable {
        @usableFromInline let candidates: [Candidate]
        /// The index in the set of each; empty if they are the whole set.
        @usableFromInline let indexes: [Int]
        @usableFromInline let weights: [Double]
        @usableFromInline let table: Policy.Table
        /// Random numbers up to this one, and above that of the group before, lead here.
        @usableFromInline let last: UInt64
        @usableFromInline let ignoring: Candidate.Unusable
    }

    /// The candidates that the indexes of picks refer to.
    public let candidates: [Candidate]
    /// What takes part, and why.
    public let plan: EligibilityPlan
    @usableFromInline let groups: [Group]
    @usableFromInline let group: CandidateGroup
    @usableFromInline let version: UInt64
    /// When the view is out of date although nothing changed, because a slow start has gone on; never if there is none.
    public let refreshAt: Instant

    /// - Parameters:
    ///   - candidates: the set.
    ///   - group: the group that all of them belong to.
    ///   - policy: how to pick.
    ///   - eligibility: who takes part; valid.
    ///   - now: the time.
    ///   - previous: the view before, whose tables are taken over where they still hold.
    public init(
        of candidates: [Candidate], in group: CandidateGroup, by policy: Policy,
        eligibility: EligibilityConfiguration = .init(), now: Instant, after previous: BalancingView? = nil
    ) {
        // Before the candidates: what changes from here on makes the view out of date.
        version = group.version
        self.group = group
        self.candidates = candidates
        let plan = EligibilityPlan(
            candidates.map { CandidateFacts($0) }, by: eligibility, isConsistent: policy.isConsistent, now: now)
        self.plan = plan
        refreshAt = plan.refreshAt ?? .distantFuture
        var sum = 0.0
        groups = plan.groups.enumerated().map { position, part in
            sum += part.share
            let end = sum * 0x1p64
            let members = part.members.count == candidates.count ? candidates : part.members.map { candidates[$0] }
            let old = previous.flatMap { $0.groups.count > position ? $0.groups[position] : nil }
            let isAsBefore =
                old.map {
                    $0.weights == part.weights && $0.candidates.count == members.count
                        && zip($0.candidates, members).allSatisfy(===)
                } ?? false
            return Group(
                candidates: members, indexes: part.members.count == candidates.count ? [] : part.members,
                weights: part.weights,
                table: policy.table(for: members, weights: part.weights, reusing: isAsBefore ? old?.table : nil),
                last: end < 0x1p64 ? UInt64(end) : .max, ignoring: part.ignoring)
        }
    }

    /// Whether the view shows the candidates as they are now.
    @inlinable
    public func isCurrent(at now: Instant) -> Bool {
        isCurrent && now < refreshAt
    }

    /// Whether nothing has changed since it was made, but for slow starts.
    @inlinable var isCurrent: Bool { group.version == version }

    /// Picks a candidate for a call.
    ///
    /// - Parameters:
    ///   - call: what is known of it, with the time if the policy wants it.
    ///   - policy: the policy that the view was made with.
    ///   - random: where chance comes from.
    /// - Returns: an index into ``candidates``; nil if none takes part that the call allows.
    @inlinable
    public func pick(for call: BalancedCall, by policy: Policy, using random: inout FastRandom) -> Int? {
        if groups.count == 1 { return pick(in: 0, for: call, by: policy, using: &random) }
        guard !groups.isEmpty else { return nil }
        let number = random.next()
        let drawn = groups.firstIndex { number < $0.last } ?? groups.count - 1
        if let index = pick(in: drawn, for: call, by: policy, using: &random) { return index }
        for position in groups.indices where position != drawn {
            if let index = pick(in: position, for: call, by: policy, using: &random) { return index }
        }
        return nil
    }

    @inlinable
    func pick(in position: Int, for call: BalancedCall, by policy: Policy, using random: inout FastRandom) -> Int? {
        var call = call
        call.ignoring.formUnion(groups[position].ignoring)
        let index = policy.pick(
            from: groups[position].candidates, table: groups[position].table, for: call, using: &random)
        guard let index, !groups[position].indexes.isEmpty else { return index }
        return groups[position].indexes[index]
    }
}
