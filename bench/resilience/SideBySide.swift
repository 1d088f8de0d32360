// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation
import Synchronization

/// Two threads that work on the same thing at the same time.
///
/// Counts the time from the start of the first to the end of the last, not CPU time: a thread that sleeps until a lock
/// is free is slow as well. Only rounds in which both were at work for nearly all of it count, for a thread alone meets
/// no one. Of those the median is taken: chance makes some meet less, so the best of them is no measure.
struct SideBySide {
    private static let threads = 2
    private static let leastShare = 0.85
    private static let leastRounds = 10

    let seconds: Duration
    /// Of each thread in each round.
    let operations: Int

    /// The nanoseconds of one operation of one thread.
    ///
    /// - Parameter make: makes what both threads use in one round, as a function that does so many operations on it.
    func nanosecondsPerOperation(_ make: () throws -> @Sendable (Int) -> Void) rethrows -> Double {
        var counted: [Double] = []
        let start = Instant.now
        let (end, latest) = (start.advanced(by: seconds), start.advanced(by: seconds * 10))
        while Instant.now < end || counted.count < Self.leastRounds {
            guard Instant.now < latest else {
                Main.complain("only \(counted.count) rounds had both threads at work: the machine is too busy")
            }
            let spans = round(try make())
            let first = spans.map(\.lowerBound).min() ?? 0, last = spans.map(\.upperBound).max() ?? 0
            let together = (spans.map(\.upperBound).min() ?? 0) - (spans.map(\.lowerBound).max() ?? 0)
            if Double(together) > Self.leastShare * Double(last - first) {
                counted.append(Double(last - first) / Double(operations))
            }
        }
        counted.sort()
        return counted[counted.count / 2]
    }

    /// From when to when each of the threads was at work.
    private func round(_ body: @escaping @Sendable (Int) -> Void) -> [ClosedRange<Int64>] {
        let meeting = Meeting()
        let group = DispatchGroup()
        for _ in 0..<Self.threads {
            group.enter()
            Thread { [operations] in
                meeting.arrived.add(1, ordering: .sequentiallyConsistent)
                while meeting.arrived.load(ordering: .sequentiallyConsistent) < Self.threads {}
                let start = Instant.now.nanoseconds
                body(operations)
                let end = Instant.now.nanoseconds
                meeting.spans.withLock { $0.append(start...end) }
                group.leave()
            }.start()
        }
        group.wait()
        return meeting.spans.withLock { $0 }
    }

    private final class Meeting: Sendable {
        let arrived = Atomic<Int>(0)
        let spans = Mutex<[ClosedRange<Int64>]>([])
    }
}
