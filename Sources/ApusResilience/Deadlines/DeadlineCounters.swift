// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// Counts what deadlines did to the calls of one service. Share one between its layers, and read it for metrics.
///
/// Safe to use from any thread.
public final class DeadlineCounters: Sendable {
    /// The most attempts that may go on after they were cut off, before further calls are rejected.
    public let maximumStragglers: Int

    private let refusals = Atomic<UInt64>(0)
    private let cuts = Atomic<UInt64>(0)
    private let rejections = Atomic<UInt64>(0)
    let stragglers = Stragglers()

    /// - Parameter maximumStragglers: the most attempts that may go on after they were cut off, because they heed
    ///   neither their deadline nor their cancellation. Beyond, calls are rejected. Default 1,000; less than 1 counts
    ///   as 1.
    public init(maximumStragglers: Int = 1_000) {
        self.maximumStragglers = max(1, maximumStragglers)
    }

    /// What was counted so far.
    public var statistics: DeadlineStatistics {
        DeadlineStatistics(
            refused: refusals.load(ordering: .relaxed), cutOff: cuts.load(ordering: .relaxed),
            rejected: rejections.load(ordering: .relaxed), stragglers: stragglers.count)
    }

    func countRefusal() { refusals.wrappingAdd(1, ordering: .relaxed) }
    func countCut() { cuts.wrappingAdd(1, ordering: .relaxed) }
    func countRejection() { rejections.wrappingAdd(1, ordering: .relaxed) }
}

/// What deadlines did to the calls of one service. The counters only rise, but for ``stragglers``.
public struct DeadlineStatistics: Sendable, Hashable {
    /// Calls that were not begun because there was no time left.
    public let refused: UInt64
    /// Calls that were cut off when their time was up.
    public let cutOff: UInt64
    /// Calls that were not begun because too many that were cut off go on.
    public let rejected: UInt64
    /// Attempts that go on though they were cut off.
    public let stragglers: Int
}
