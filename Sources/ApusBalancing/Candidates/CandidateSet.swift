// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The instances of a service at one moment, never changed: a change makes a new set.
///
/// `Target` is what the owner needs to send a call there, such as an endpoint or a connection pool.
public struct CandidateSet<Target: Sendable>: Sendable {
    /// A candidate with its target.
    @usableFromInline
    final class Member: Sendable {
        @usableFromInline let candidate: Candidate
        @usableFromInline let target: Target

        init(_ candidate: Candidate, _ target: Target) {
            self.candidate = candidate
            self.target = target
        }
    }

    /// What policies pick from, in the order of the ids, so that the same instances give the same set in every process.
    public let candidates: [Candidate]
    /// The target of each candidate, in the same order.
    public let targets: [Target]
    /// Rises by one with each replacement; 0 for the first, empty set.
    public let version: UInt64
    /// What the candidates of this set and of all that come from it have in common.
    public let group: CandidateGroup
    @usableFromInline let members: [Member]

    /// A set without instances.
    public init() {
        self.init([], version: 0, group: CandidateGroup())
    }

    private init(_ members: [Member], version: UInt64, group: CandidateGroup) {
        candidates = members.map(\.candidate)
        targets = members.map(\.target)
        self.members = members
        self.version = version
        self.group = group
    }

    /// How many instances there are, usable or not.
    @inlinable public var count: Int { candidates.count }
    /// Whether there is no instance.
    @inlinable public var isEmpty: Bool { candidates.isEmpty }

    /// The set that has `instances`: those whose id stands in this set keep their candidate, with its calls in flight
    /// and its health.
    ///
    /// - Parameter instances: ids and targets. Of several with the same id the last counts.
    public func replaced(by instances: [(id: String, target: Target)]) -> CandidateSet {
        replaced(by: instances.map { BalancedInstance(id: $0.id, target: $0.target) }, now: nil)
    }

    /// The set that has `instances`: those whose id stands in this set keep their candidate, with its calls in flight,
    /// its health and its latency, and take over weight and zone.
    ///
    /// - Parameters:
    ///   - instances: of several with the same id the last counts.
    ///   - now: the time, at which the slow start of new instances begins. Nil: they have none, and so have those of a
    ///     first set, none of which is newer than the others.
    public func replaced(by instances: [BalancedInstance<Target>], now: Instant?) -> CandidateSet {
        let known = Dictionary(uniqueKeysWithValues: candidates.map { ($0.id, $0) })
        let latest = Dictionary(instances.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
        let members = latest.values.sorted { $0.id < $1.id }.map { instance in
            guard let candidate = known[instance.id] else {
                let candidate = Candidate(
                    id: instance.id, weight: instance.weight, zone: instance.zone, startedAt: isEmpty ? nil : now,
                    group: group)
                return Member(candidate, instance.target)
            }
            candidate.update(weight: instance.weight, zone: instance.zone)
            return Member(candidate, instance.target)
        }
        return CandidateSet(members, version: version + 1, group: group)
    }

    /// The candidate of that id, if it is in the set. Takes time in proportion to the set.
    public subscript(id: String) -> Candidate? { candidates.first { $0.id == id } }
}
