// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What a store counts.
final class RedisCacheCounters: Sendable {
    let failures = Atomic<Int>(0)
    let timeouts = Atomic<Int>(0)
    let rejected = Atomic<Int>(0)
    let full = Atomic<Int>(0)
    let tooLarge = Atomic<Int>(0)

    var failuresSoFar: RedisCacheStatistics {
        var statistics = RedisCacheStatistics()
        statistics.failures = failures.load(ordering: .relaxed)
        statistics.timeouts = timeouts.load(ordering: .relaxed)
        statistics.rejected = rejected.load(ordering: .relaxed)
        statistics.full = full.load(ordering: .relaxed)
        statistics.tooLarge = tooLarge.load(ordering: .relaxed)
        return statistics
    }
}
