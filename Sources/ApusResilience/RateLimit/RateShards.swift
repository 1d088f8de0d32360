// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// The keys of one limit, spread over tables with a lock each.
///
/// The tables lie in one piece of memory, so that a decision counts no references: that would cost as much as its lock.
final class RateShards: @unchecked Sendable {
    private typealias Shard = Mutex<RateTable>

    /// Two cache lines, because processors fetch them in pairs.
    private static let stride = 128

    let rule: GCRA
    /// A power of two.
    private let count: Int
    private let memory: UnsafeMutableRawPointer

    init(_ rule: GCRA, maximumKeys: Int) {
        self.rule = rule
        // Small tables aren't split, so that their bound stays exact.
        var count = 1
        while count < 32, maximumKeys / (count * 2) >= 1024 { count *= 2 }
        self.count = count
        assert(MemoryLayout<Shard>.size <= Self.stride)
        memory = .allocate(byteCount: count * Self.stride, alignment: Self.stride)
        for index in 0..<count {
            (memory + index * Self.stride).initializeMemory(
                as: Shard.self, to: Shard(RateTable(capacity: maximumKeys / count)))
        }
    }

    deinit {
        for index in 0..<count { shard(index).deinitialize(count: 1) }
        memory.deallocate()
    }

    /// Runs `body` with the table of a key, under its lock.
    @inline(__always)
    func withTable<Result>(of key: UInt64, _ body: (inout sending RateTable) -> sending Result) -> Result {
        // By the half of the hash that the table doesn't look at first.
        shard(Int(truncatingIfNeeded: key >> 32) & (count - 1)).pointee.withLock(body)
    }

    @inline(__always)
    private func shard(_ index: Int) -> UnsafeMutablePointer<Shard> {
        (memory + index * Self.stride).assumingMemoryBound(to: Shard.self)
    }

    var statistics: RateLimiterStatistics {
        var sum = RateLimiterStatistics()
        for index in 0..<count {
            shard(index).pointee.withLock { table in
                sum.keys += table.count
                sum.bytes += table.bytes
                sum.allowed += table.allowed
                sum.limited += table.limited
                sum.evicted += table.evicted
            }
        }
        return sum
    }
}
