// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Candidates as picks see them at one moment: the ``EligibilityPlan`` with the policy's table for each of its groups.
///
/// Never changed. Whoever holds one makes another when ``isCurrent(at:)`` says that it is out of date. ``Balancer``
/// does all of that; an event loop that needs no lock may hold a view of its own.
public final class BalancingView<Policy: BalancingPolicy>: @unchecked Sendable {
    // A class, as tables are: what it holds for good can be used without counting references to it.
    @usableFromInline
    final class Group: Sendable {
        @usableFromInline let candidates: [Candidate]
        /// The index in the set of each; empty if they are the whole set.
        @usableFromInline let indexes: [Int]
        @usableFromInline let weights: [Double]
        @usableFromInline let table: Policy.Table
        /// Random numbers up to this one, and above that of the group before, lead here.
        @usableFromInline let last: UInt64
        @usableFromInline let ignoring: Candidate.Unusable

        init(
            _ candidates: [Candidate], of part: EligibilityPlan.Group, isWhole: Bool, table: Policy.Table, last: UInt64
        ) {
            self.candidates = candidates
            self.table = table
            self.last = last
            indexes = isWhole ? [] : part.members
            weights = part.weights
            ignoring = part.ignoring
        }

        /// Picks a member; its index in the set.
        @inlinable @inline(__always)
        func pick(for call: BalancedCall, by policy: Policy, using random: inout FastRandom) -> Int? {
            let index: Int?
            if ignoring.isEmpty {
                index = policy.pick(from: candidates, table: table, for: call, using: &random)
            } else {
                var call = call
                call.ignoring.formUnion(ignoring)
                index = policy.pick(from: candidates, table: table, for: call, using: &random)
            }
            guard let index, !indexes.isEmpty else { return index }
            return indexes[index]
        }
    }

    /// The candidates that the indexes of picks refer to.
    public let candidates: [Candidate]
    /// What takes part, and why.
    public let plan: EligibilityPlan
    @usableFromInline let groups: [Group]
    /// The only group, if there is but one. It lives in the array.
    @usableFromInline let single: Unmanaged<Group>?
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
            let isWhole = part.members.count == candidates.count
            let members = isWhole ? candidates : part.members.map { candidates[$0] }
            let old = previous.flatMap { $0.groups.count > position ? $0.groups[position] : nil }
            let isAsBefore =
                old.map {
                    $0.weights == part.weights && $0.candidates.count == members.count
                        && zip($0.candidates, members).allSatisfy(===)
                } ?? false
            return Group(
                members, of: part, isWhole: isWhole,
                table: policy.table(for: members, weights: part.weights, reusing: isAsBefore ? old?.table : nil),
                last: end < 0x1p64 ? UInt64(end) : .max)
        }
        single = groups.count == 1 ? .passUnretained(groups[0]) : nil
    }

    /// Whether the view shows the candidates as they are now.
    @inlinable
    public func isCurrent(at now: Instant) -> Bool {
        group.version == version && now < refreshAt
    }

    /// Picks a candidate for a call.
    ///
    /// - Parameters:
    ///   - call: what is known of it, with the time if the policy wants it.
    ///   - policy: the policy that the view was made with.
    ///   - random: where chance comes from.
    /// - Returns: an index into ``candidates``; nil if none takes part that the call allows.
    @inlinable @inline(__always)
    public func pick(for call: BalancedCall, by policy: Policy, using random: inout FastRandom) -> Int? {
        if let single {
            return single._withUnsafeGuaranteedRef { $0.pick(for: call, by: policy, using: &random) }
        }
        return pickGroup(for: call, by: policy, using: &random)
    }

    @inlinable
    func pickGroup(for call: BalancedCall, by policy: Policy, using random: inout FastRandom) -> Int? {
        guard !groups.isEmpty else { return nil }
        let number = random.next()
        let drawn = groups.firstIndex { number < $0.last } ?? groups.count - 1
        if let index = groups[drawn].pick(for: call, by: policy, using: &random) { return index }
        for position in groups.indices where position != drawn {
            if let index = groups[position].pick(for: call, by: policy, using: &random) { return index }
        }
        return nil
    }
}
