// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// What the candidates of one service have in common: whether anything about any of them has changed, and how many
/// calls they have in flight together.
///
/// Whoever derives something from the candidates, such as the table of a policy, remembers ``version`` and derives it
/// again when that has risen, so that a pick costs one look instead of one at each candidate. Safe to use from any
/// thread.
public final class CandidateGroup: Sendable {
    @usableFromInline let changes = Atomic<UInt64>(0)
    // Every pick reads the changes, every call writes the calls: they don't share a cache line.
    private let padding = InlineArray<16, UInt64>(repeating: 0)
    @usableFromInline let calls = Atomic<Int>(0)

    /// A group without candidates.
    public init() {}

    /// Rises when the health, the weight, the zone or the start of a candidate has changed. Read it before the
    /// candidates: what is derived from them is then at most renewed once too often.
    @inlinable public var version: UInt64 { changes.load(ordering: .acquiring) }

    /// The calls that are on their way to all candidates together, those included that have left the set meanwhile.
    @inlinable public var inFlight: Int { calls.load(ordering: .relaxed) }

    @usableFromInline
    func changed() {
        changes.wrappingAdd(1, ordering: .releasing)
    }
}
