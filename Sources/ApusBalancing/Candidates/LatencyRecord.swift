// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// The latency estimate of a candidate: written under a lock once a call, read by picks without one.
struct LatencyRecord: ~Copyable, Sendable {
    private let estimate = Mutex(LatencyEstimate())
    // A reader may see the cost of one observation with the time of its neighbour, which is off by one decay step.
    private let cost = Atomic<UInt64>(0)
    private let at = Atomic<Int64>(0)
    private let probe = Atomic<Int64>(.min)

    func observe(_ latency: Duration, now: Instant, decay: Duration) {
        estimate.withLock { estimate in
            estimate.observe(latency, now: now, decay: decay)
            at.store(estimate.at, ordering: .relaxed)
            cost.store(estimate.nanoseconds.bitPattern, ordering: .relaxed)
        }
    }

    var current: LatencyEstimate {
        var estimate = LatencyEstimate()
        estimate.nanoseconds = Double(bitPattern: cost.load(ordering: .relaxed))
        estimate.at = at.load(ordering: .relaxed)
        return estimate
    }

    /// Whether a call may find out how fast the candidate is; of all that ask within `pause` only the first may.
    func claimProbe(now: Int64, pause: Int64) -> Bool {
        let last = probe.load(ordering: .relaxed)
        guard Self.isOver(pause, since: last, now: now) else { return false }
        return probe.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
    }

    /// Whether ``claimProbe(now:pause:)`` would succeed.
    func mayProbe(now: Int64, pause: Int64) -> Bool {
        Self.isOver(pause, since: probe.load(ordering: .relaxed), now: now)
    }

    private static func isOver(_ pause: Int64, since last: Int64, now: Int64) -> Bool {
        let (elapsed, overflow) = now.subtractingReportingOverflow(last)
        return last == .min || (overflow ? now > last : elapsed >= pause)
    }
}
