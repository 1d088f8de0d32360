// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// The rules of a connection pool: events and `now` go in, actions come out. No I/O, no clock, no lock.
///
/// - Callers are served in the order in which they came: a connection that comes back goes to the first of them, and
///   who comes while others wait queues behind them.
/// - Of the idle connections the one used last is taken, so that surplus ones age and are closed.
/// - A connection is opened when someone waits and there may be more, at most a few at a time; after a failure one at a
///   time, with pauses that double and half of which are random, so that a server that comes back isn't overrun.
/// - A lease carries a generation, and is released exactly once: late releases do nothing.
public struct PoolState: Sendable {
    struct Member: Sendable {
        enum Phase: Sendable { case dialing, idle, leased, resetting }
        var phase: Phase
        var generation: UInt64 = 0
        /// When it became what it is.
        var since: Instant
        var expires = Instant.distantFuture
        /// To be closed as soon as nobody uses it.
        var isEvicted = false
        var isReportedAsLeaked = false
        var place: CallSite?
    }

    /// The limits and times that it keeps to.
    public let configuration: PoolConfiguration
    var random: FastRandom
    var members = MemberTable()
    /// The one used last is last.
    var idle: [ConnectionID] = []
    var waiters = WaiterQueue()
    var counters = PoolStatistics()
    var dialing = 0
    var resetting = 0
    var dialFailuresInARow = 0
    var nextDial = Instant(nanoseconds: .min)
    var nextNumber: UInt64 = 0
    /// Whether everyone is refused.
    public private(set) var isClosed = false

    /// - Parameter random: for jitter; give it a seed to replay.
    public init(configuration: PoolConfiguration, random: FastRandom = FastRandom()) {
        self.configuration = configuration
        self.random = random
    }

    /// Whether nothing is open, being opened or in use.
    public var isEmpty: Bool { members.isEmpty }

    /// A name for a caller that may have to wait.
    public mutating func newWaiter() -> WaiterID {
        nextNumber += 1
        return WaiterID(number: nextNumber)
    }

    /// Someone wants a connection.
    ///
    /// - Parameters:
    ///   - deadline: the caller's own; the acquire timeout counts besides.
    ///   - isReturning: it had a connection that turned out to be dead, and so goes first.
    public mutating func acquire(
        _ id: WaiterID, at place: CallSite, deadline: Instant, isReturning: Bool = false, now: Instant,
        actions: inout [PoolAction]
    ) -> Acquisition {
        if isClosed { return .refused(.closed) }
        // What it had may have taken its time.
        if isReturning, deadline <= now { return .refused(.deadline) }
        if waiters.isEmpty || isReturning, let lease = leaseIdle(to: place, now: now, actions: &actions) {
            return .leased(lease)
        }
        if deadline <= now { return .refused(.deadline) }
        guard isReturning || waiters.count < configuration.maxWaiters else {
            counters.rejected += 1
            return .refused(.full)
        }
        let timeout = now.advanced(by: configuration.acquireTimeout)
        waiters.insert(
            id,
            .init(place: place, since: now, end: min(deadline, timeout), isOwnDeadline: deadline < timeout),
            isReturning: isReturning)
        counters.waits += 1
        dialAsNeeded(now: now, actions: &actions)
        return .waiting
    }

    /// A waiter doesn't want one any more.
    ///
    /// - Returns: whether it still waited. If not, it has been served or refused already.
    public mutating func cancel(_ id: WaiterID) -> Bool {
        guard waiters.remove(id) != nil else { return false }
        counters.cancelled += 1
        return true
    }

    /// A connection comes back.
    public mutating func release(
        _ lease: PoolLease, _ condition: ReleaseCondition, now: Instant, actions: inout [PoolAction]
    ) {
        let id = lease.connection
        guard let member = members[id], member.phase == .leased, member.generation == lease.generation else { return }
        switch condition {
        case .clean:
            settle(id, now: now, actions: &actions)
        case .dirty where !isClosed && !member.isEvicted && member.expires > now:
            members.update(id) { member in
                member.phase = .resetting
                member.since = now
            }
            resetting += 1
            counters.resets += 1
            actions.append(.reset(id))
        case .dirty, .broken:
            counters.broken += 1
            drop(id, now: now, actions: &actions)
        }
    }

    /// A reset that was asked for is done.
    public mutating func resetFinished(
        _ id: ConnectionID, succeeded: Bool, now: Instant, actions: inout [PoolAction]
    ) {
        guard members[id]?.phase == .resetting else { return }
        resetting -= 1
        if succeeded {
            settle(id, now: now, actions: &actions)
        } else {
            counters.broken += 1
            drop(id, now: now, actions: &actions)
        }
    }

    /// A connection that was asked for is open.
    public mutating func dialSucceeded(_ id: ConnectionID, now: Instant, actions: inout [PoolAction]) {
        guard members[id]?.phase == .dialing else { return }
        dialing -= 1
        dialFailuresInARow = 0
        nextDial = now
        let shorter = configuration.lifetimeJitter * Double.random(in: 0...1, using: &random)
        let expires = now.advanced(by: configuration.lifetime * (1 - shorter))
        members.update(id) { $0.expires = expires }
        settle(id, now: now, actions: &actions)
        dialAsNeeded(now: now, actions: &actions)
    }

    /// A connection that was asked for couldn't be opened.
    ///
    /// - Parameter isPermanent: another try won't help, such as after a wrong password: those who wait are told at once,
    ///   unless a connection is there that can serve them.
    public mutating func dialFailed(
        _ id: ConnectionID, isPermanent: Bool, now: Instant, actions: inout [PoolAction]
    ) {
        guard members[id]?.phase == .dialing else { return }
        dialing -= 1
        members.remove(id)
        counters.dialFailures += 1
        dialFailuresInARow += 1
        let doublings = min(dialFailuresInARow - 1, 30)
        let pause = min(configuration.maxDialBackoff, configuration.dialBackoff * (1 << doublings))
        nextDial = now.advanced(by: pause * Double.random(in: 0.5...1, using: &random))
        if isPermanent, members.ids.allSatisfy({ members[$0]?.phase == .dialing }) {
            for waiter in waiters.removeAll() { actions.append(.refuse(waiter, .unreachable)) }
        }
    }

    /// What was opened so far isn't to be used again, since the server has changed its role.
    public mutating func evictAll(now: Instant, actions: inout [PoolAction]) {
        for id in idle {
            counters.broken += 1
            members.remove(id)
            actions.append(.close(id))
        }
        idle = []
        for id in members.ids where members[id]?.phase != .dialing { members.update(id) { $0.isEvicted = true } }
        dialAsNeeded(now: now, actions: &actions)
    }

    /// Refuses those that wait and everyone from now on; closes what is idle now and the rest when it comes back.
    public mutating func close(actions: inout [PoolAction]) {
        guard !isClosed else { return }
        isClosed = true
        for waiter in waiters.removeAll() { actions.append(.refuse(waiter, .closed)) }
        for id in idle {
            members.remove(id)
            actions.append(.close(id))
        }
        idle = []
    }
}
