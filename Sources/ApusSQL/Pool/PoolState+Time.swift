// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension PoolState {
    /// How often a pool with connections looks after them.
    static let housekeepingPeriod = Duration.seconds(1)

    /// Time has passed: refuses those whose wait has ended, closes what is old or idle for too long, opens what is missed,
    /// reports leaks.
    public mutating func tick(now: Instant, actions: inout [PoolAction]) {
        for (id, waiter) in waiters.removeEnded(at: now) {
            counters.timeouts += 1
            actions.append(.refuse(id, waiter.isOwnDeadline ? .deadline : .timeout))
        }
        closeIdle(now: now, actions: &actions)
        reportLeaks(now: now, actions: &actions)
        dialAsNeeded(now: now, actions: &actions)
    }

    /// When ``tick(now:actions:)`` is to be called next, at the latest; nil if there is nothing to wait for.
    public func nextTick(now: Instant) -> Instant? {
        var next = waiters.earliestEnd
        let isMissed = !waiters.isEmpty || idle.count < configuration.minIdle
        if !isClosed, isMissed, nextDial > now { next = min(next, nextDial) }
        if !members.isEmpty { next = min(next, now.advanced(by: Self.housekeepingPeriod)) }
        return next == .distantFuture ? nil : next
    }

    /// What there is and was.
    public var statistics: PoolStatistics {
        var statistics = counters
        statistics.idle = idle.count
        statistics.dialing = dialing
        statistics.resetting = resetting
        statistics.leased = members.count - idle.count - dialing - resetting
        statistics.open = members.count - dialing
        statistics.waiting = waiters.count
        return statistics
    }

    /// Whether the server can't be reached: the last dial failed, and nothing is open.
    public var isDown: Bool { dialFailuresInARow > 0 && hasNothingOpen }

    /// Whether no connection is open; some may be being opened.
    public var hasNothingOpen: Bool { members.count == dialing }

    /// The least recently used stand first.
    private mutating func closeIdle(now: Instant, actions: inout [PoolAction]) {
        var kept: [ConnectionID] = []
        for (index, id) in idle.enumerated() {
            guard let member = members[id] else { continue }
            let others = kept.count + idle.count - index - 1
            let idleFor = member.since.duration(to: now)
            let isSurplus = others >= configuration.maxIdle && idleFor >= configuration.surplusIdleTime
            let isUnused = others >= configuration.minIdle && idleFor >= configuration.idleTime
            if member.expires <= now || isSurplus || isUnused {
                retire(id, actions: &actions)
            } else {
                kept.append(id)
            }
        }
        idle = kept
    }

    private mutating func reportLeaks(now: Instant, actions: inout [PoolAction]) {
        guard let limit = configuration.leakAfter else { return }
        for id in members.ids {
            guard let member = members[id], member.phase == .leased, !member.isReportedAsLeaked else { continue }
            let held = member.since.duration(to: now)
            guard held >= limit, let place = member.place else { continue }
            members.update(id) { $0.isReportedAsLeaked = true }
            counters.leaks += 1
            actions.append(.leaked(place, held: held))
        }
    }
}
