// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// Random numbers for request and span ids, shared by all loops without a lock.
///
/// SplitMix64 counts and mixes the count, so an atomic addition is all that the sharing costs.
final class IdentifierSource: Sendable {
    private let counter: Atomic<UInt64>

    init() {
        var seed = FastRandom()
        counter = Atomic(seed.next())
    }

    /// Eight random numbers, for the ids of one request: the next eight of the one sequence, so that no number is given
    /// out twice.
    func next() -> FastRandom {
        FastRandom(seed: counter.wrappingAdd(8 &* 0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue)
    }
}
