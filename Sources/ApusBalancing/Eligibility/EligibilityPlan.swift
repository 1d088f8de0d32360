// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Which candidates take part in picks at one moment: a pure function of what is known of them and of the time.
///
/// The rules, in this order:
/// 1. If the usable share is below the panic threshold, all candidates take part that aren't draining, without regard
///    to their health and zone.
/// 2. If none is usable, those take part whose only fault is that they are ejected: an ejection judges by comparison,
///    and something is better than nothing.
/// 3. Otherwise the usable take part: first those of the own zone, the others with what these can't carry.
/// 4. Of each group, a client that uses a subset takes the first of its own ranking.
///
/// For a consistent policy all take part, without zones and subsets, so that every client has the same table; what the
/// plan says is which reasons don't count.
public struct EligibilityPlan: Sendable, Hashable {
    /// Candidates among which the policy picks.
    public struct Group: Sendable, Hashable {
        /// Their indexes in the set, in rising order.
        public let members: [Int]
        /// The weight of each of them, above 0.
        public let weights: [Double]
        /// The share of the calls that goes to them, from 0 to 1. One with 0 is there for calls that have tried the
        /// others.
        public let share: Double
        /// Reasons not to use them that don't count.
        public let ignoring: Candidate.Unusable
    }

    /// The groups, the preferred first; none if nothing may be picked.
    public let groups: [Group]
    /// Whether so few candidates are usable that health doesn't count.
    public let isPanic: Bool
    /// When the weights are to be taken anew, if a slow start is under way.
    public let refreshAt: Instant?

    /// - Parameters:
    ///   - facts: of each candidate, in the order of the set.
    ///   - configuration: a valid one.
    ///   - isConsistent: whether it is for a policy that hashes.
    ///   - now: the time.
    public init(
        _ facts: [CandidateFacts], by configuration: EligibilityConfiguration, isConsistent: Bool = false,
        now: Instant
    ) {
        let serving = facts.indices.filter { !facts[$0].unusable.contains(.draining) }
        let usable = facts.indices.filter { facts[$0].isUsable }
        isPanic = Double(usable.count) < configuration.panicThreshold * Double(serving.count)
        let ignoring: Candidate.Unusable =
            if isPanic { [.unhealthy, .ejected, .breakerOpen] } else if usable.isEmpty { .ejected } else { [] }

        if isConsistent {
            groups = facts.isEmpty ? [] : [Group(facts.indices, of: facts, share: 1, ignoring: ignoring)]
            refreshAt = nil
            return
        }

        var parts: [(members: [Int], share: Double)]
        if isPanic {
            parts = [(serving, 1)]
        } else if usable.isEmpty {
            parts = [(facts.indices.filter { facts[$0].unusable == .ejected }, 1)]
        } else {
            parts = Self.zoneParts(facts, usable, serving, configuration.locality)
        }
        if let subset = configuration.subset {
            parts = parts.map { (subset.chosen(of: $0.members) { facts[$0].hash }, $0.share) }
        }
        let slowStart = configuration.slowStart
        groups = parts.filter { !$0.members.isEmpty }.map { part in
            Group(part.members, of: facts, share: part.share, ignoring: ignoring, slowStart: slowStart, now: now)
        }
        refreshAt = slowStart.flatMap { slowStart in
            let isUnderWay = serving.contains { index in
                facts[index].startedAt.map { $0.duration(to: now) < slowStart.window } ?? false
            }
            return isUnderWay ? now.advanced(by: slowStart.step) : nil
        }
    }

    /// The usable candidates as one part, or as those of the own zone and the others.
    private static func zoneParts(
        _ facts: [CandidateFacts], _ usable: [Int], _ serving: [Int], _ locality: LocalityConfiguration?
    ) -> [(members: [Int], share: Double)] {
        guard let locality, serving.count >= locality.minimumCandidates else { return [(usable, 1)] }
        let isLocal = { (index: Int) in facts[index].zone == locality.zone }
        let (local, distant) = (usable.filter(isLocal), usable.filter { !isLocal($0) })
        guard !local.isEmpty, !distant.isEmpty else { return [(usable, 1)] }
        let localTotal = serving.count(where: isLocal)
        let loads = PriorityLoad.distribute(
            over: [
                .init(usable: local.count, total: localTotal),
                .init(usable: distant.count, total: serving.count - localTotal),
            ], panicThreshold: 0, overprovisioning: locality.overprovisioning)
        return [(local, loads[0].share), (distant, loads[1].share)]
    }
}

extension EligibilityPlan.Group {
    fileprivate init(
        _ members: some Sequence<Int>, of facts: [CandidateFacts], share: Double, ignoring: Candidate.Unusable,
        slowStart: SlowStartConfiguration? = nil, now: Instant = .distantFuture
    ) {
        self.members = Array(members)
        self.share = share
        self.ignoring = ignoring
        weights = self.members.map { index in
            let weight = Double(facts[index].weight)
            guard let slowStart, let start = facts[index].startedAt else { return weight }
            return weight * slowStart.factor(startedAt: start, now: now)
        }
    }
}
