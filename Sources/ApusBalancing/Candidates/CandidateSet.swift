// SPDX-License-Identifier: Apache-2.0

/// The instances of a service at one moment, never changed: a change makes a new set.
///
/// `Target` is what the owner needs to send a call there, such as an endpoint or a connection pool.
public struct CandidateSet<Target: Sendable>: Sendable {
    /// What policies pick from, in the order of the ids, so that the same instances give the same set in every process.
    public let candidates: [Candidate]
    /// The target of each candidate, in the same order.
    public let targets: [Target]
    /// Rises by one with each replacement; 0 for the first, empty set.
    public let version: UInt64

    /// A set without instances.
    public init() {
        candidates = []
        targets = []
        version = 0
    }

    private init(_ members: [(candidate: Candidate, target: Target)], version: UInt64) {
        candidates = members.map(\.candidate)
        targets = members.map(\.target)
        self.version = version
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
        let known = Dictionary(uniqueKeysWithValues: candidates.map { ($0.id, $0) })
        let latest = Dictionary(instances.map { ($0.id, $0.target) }, uniquingKeysWith: { _, last in last })
        return CandidateSet(
            latest.sorted { $0.key < $1.key }.map { id, target in (known[id] ?? Candidate(id: id), target) },
            version: version + 1)
    }

    /// The candidate of that id, if it is in the set. Takes time in proportion to the set.
    public subscript(id: String) -> Candidate? { candidates.first { $0.id == id } }
}
