// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// Each candidate in turn.
///
/// The first turn is drawn by chance: if every process began with the first candidate, that one would get the herd
/// after a restart. A candidate that may not be used gives its turn to the next and uses that turn up, so that its
/// share spreads over all others instead of doubling its neighbour's load.
///
/// A pick costs one atomic addition and one division.
public final class RoundRobin: BalancingPolicy {
    @usableFromInline let turn: Atomic<UInt32>

    /// - Parameter random: draws the first turn.
    public init(using random: inout some RandomNumberGenerator) {
        turn = Atomic(UInt32(truncatingIfNeeded: random.next()))
    }

    /// A policy whose first turn is drawn by a generator that the system seeds.
    public convenience init() {
        var random = FastRandom()
        self.init(using: &random)
    }

    @inlinable @inline(__always)
    public func pick(
        from candidates: [Candidate], table: Void, for call: BalancedCall, using random: inout FastRandom
    ) -> Int? {
        let count = UInt32(truncatingIfNeeded: candidates.count)
        guard count > 0 else { return nil }
        let index = Int(turn.wrappingAdd(1, ordering: .relaxed).oldValue % count)
        return call.allows(candidates, at: index) ? index : pickNext(from: candidates, for: call)
    }

    /// Picks a candidate after one turn was in vain.
    @usableFromInline
    func pickNext(from candidates: [Candidate], for call: BalancedCall) -> Int? {
        let count = UInt32(truncatingIfNeeded: candidates.count)
        for _ in 1..<count {
            let index = Int(turn.wrappingAdd(1, ordering: .relaxed).oldValue % count)
            if call.allows(candidates, at: index) { return index }
        }
        // Other threads may have taken the turns in between: look at each once.
        return candidates.indices.first { call.allows(candidates, at: $0) }
    }
}
