// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation

/// Rounds of the same operations, repeated until the time is up. The best round counts: everything that disturbs one
/// makes it slower.
struct Stopwatch {
    let seconds: Duration
    /// Of each round; at least 7 are made, however long they take.
    let operations: Int

    /// The CPU nanoseconds of one operation.
    ///
    /// - Parameter body: does so many operations.
    func nanosecondsPerOperation(_ body: (Int) throws -> Void) rethrows -> Double {
        var best = Double.infinity
        var rounds = 0
        let end = Instant.now.advanced(by: seconds)
        while rounds < 7 || Instant.now < end {
            let start = Self.cpuNanoseconds()
            try body(operations)
            best = min(best, Double(Self.cpuNanoseconds() - start) / Double(operations))
            rounds += 1
        }
        return best
    }

    /// The CPU nanoseconds of one operation that suspends.
    func nanosecondsPerOperation(_ body: (Int) async throws -> Void) async rethrows -> Double {
        var best = Double.infinity
        var rounds = 0
        let end = Instant.now.advanced(by: seconds)
        while rounds < 7 || Instant.now < end {
            let start = Self.cpuNanoseconds()
            try await body(operations)
            best = min(best, Double(Self.cpuNanoseconds() - start) / Double(operations))
            rounds += 1
        }
        return best
    }

    /// Of the process, which has nothing else to do.
    private static func cpuNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }

    /// Takes a value, so that making it can't be left out.
    @inline(never)
    static func blackHole<Value>(_ value: borrowing Value) {}
}
