// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

extension PoolState {
    /// A connection that served someone so short a while ago is taken for alive: the check is a system call.
    static let freshness = Duration.milliseconds(1)

    /// Hands the idle connection that was used last to a caller; closes those it meets that have expired.
    mutating func leaseIdle(to place: CallSite, now: Instant, actions: inout [PoolAction]) -> PoolLease? {
        while let id = idle.popLast() {
            guard let member = members[id] else { continue }
            if member.expires <= now {
                retire(id, actions: &actions)
                continue
            }
            return lease(id, to: place, idleFor: member.since.duration(to: now), now: now)
        }
        return nil
    }

    /// Finds work for a connection that is clean: the first who waits, or else none.
    mutating func settle(_ id: ConnectionID, now: Instant, actions: inout [PoolAction]) {
        guard let member = members[id] else { return }
        if isClosed || member.isEvicted || member.expires <= now {
            counters.retired += 1
            drop(id, now: now, actions: &actions)
        } else if let (waiter, entry) = waiters.popFirst() {
            counters.waited += entry.since.duration(to: now)
            actions.append(.serve(waiter, lease(id, to: entry.place, idleFor: .zero, now: now)))
        } else {
            members.update(id) { member in
                member.phase = .idle
                member.since = now
                member.place = nil
            }
            idle.append(id)
        }
    }

    /// Closes a connection that isn't idle, and opens another if it is missed.
    mutating func drop(_ id: ConnectionID, now: Instant, actions: inout [PoolAction]) {
        members.remove(id)
        actions.append(.close(id))
        dialAsNeeded(now: now, actions: &actions)
    }

    /// Opens as many as are waited for, within the limits.
    mutating func dialAsNeeded(now: Instant, actions: inout [PoolAction]) {
        guard !isClosed, now >= nextDial else { return }
        let limit = dialFailuresInARow > 0 ? 1 : configuration.maxDials
        let missing = max(waiters.count, configuration.minIdle - idle.count)
        while dialing < min(limit, missing), members.count < configuration.maxOpen {
            nextNumber += 1
            let id = members.insert(Member(phase: .dialing, since: now), number: nextNumber)
            dialing += 1
            counters.dials += 1
            actions.append(.dial(id))
        }
    }

    private mutating func lease(
        _ id: ConnectionID, to place: CallSite, idleFor idle: Duration, now: Instant
    ) -> PoolLease {
        nextNumber += 1
        counters.acquired += 1
        let generation = nextNumber
        members.update(id) { member in
            member.phase = .leased
            member.generation = generation
            member.since = now
            member.place = place
            member.isReportedAsLeaked = false
        }
        return PoolLease(
            connection: id, generation: nextNumber, wasIdle: idle > Self.freshness,
            needsValidation: idle > configuration.validateAfter)
    }

    /// Closes a connection that was taken out of the idle ones.
    mutating func retire(_ id: ConnectionID, actions: inout [PoolAction]) {
        counters.retired += 1
        members.remove(id)
        actions.append(.close(id))
    }
}
