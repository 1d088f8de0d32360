// SPDX-License-Identifier: Apache-2.0
import ApusCore

@testable import ApusSQL

/// A pool's rules with a clock moved by hand; remembers what they asked for.
struct PoolDriver {
    static let place = CallSite(fileID: "Tests/Here.swift", line: 7)

    var state: PoolState
    var now = Instant(nanoseconds: 1_000_000_000)
    private var dials: [ConnectionID] = []
    private(set) var closed: [ConnectionID] = []
    private(set) var resets: [ConnectionID] = []
    private(set) var served: [WaiterID] = []
    private(set) var leases: [WaiterID: PoolLease] = [:]
    private(set) var refusals: [WaiterID: PoolRefusal] = [:]
    private(set) var leaks: [CallSite] = []

    init(_ configuration: PoolConfiguration = .init(), seed: UInt64 = 1) {
        state = PoolState(configuration: configuration, random: FastRandom(seed: seed))
    }

    mutating func acquire(
        deadline: Instant = .distantFuture, isReturning: Bool = false
    ) -> (id: WaiterID, acquisition: Acquisition) {
        let id = state.newWaiter()
        var actions: [PoolAction] = []
        let acquisition = state.acquire(
            id, at: Self.place, deadline: deadline, isReturning: isReturning, now: now, actions: &actions)
        take(actions)
        return (id, acquisition)
    }

    /// So many leases of new connections.
    mutating func leaseNew(_ count: Int) -> [PoolLease] {
        let waiters = (0..<count).map { _ in acquire().id }
        while !dials.isEmpty { dialed(dials.removeFirst()) }
        return waiters.compactMap { leases[$0] }
    }

    mutating func takeDials(keep: Bool = false) -> [ConnectionID] {
        defer { if !keep { dials = [] } }
        return dials
    }

    mutating func release(_ lease: PoolLease, _ condition: ReleaseCondition = .clean) {
        perform { state, now, actions in state.release(lease, condition, now: now, actions: &actions) }
    }

    mutating func dialed(_ id: ConnectionID) {
        dials.removeAll { $0 == id }
        perform { state, now, actions in state.dialSucceeded(id, now: now, actions: &actions) }
    }

    mutating func dialFailed(_ id: ConnectionID, isPermanent: Bool = false) {
        dials.removeAll { $0 == id }
        perform { state, now, actions in
            state.dialFailed(id, isPermanent: isPermanent, now: now, actions: &actions)
        }
    }

    mutating func resetFinished(_ id: ConnectionID, _ succeeded: Bool) {
        perform { state, now, actions in
            state.resetFinished(id, succeeded: succeeded, now: now, actions: &actions)
        }
    }

    mutating func evict() {
        perform { state, now, actions in state.evictAll(now: now, actions: &actions) }
    }

    mutating func close() {
        perform { state, _, actions in state.close(actions: &actions) }
    }

    /// Moves the clock and ticks.
    mutating func advance(_ duration: Duration) {
        now = now.advanced(by: duration)
        perform { state, now, actions in state.tick(now: now, actions: &actions) }
    }

    private mutating func perform(_ event: (inout PoolState, Instant, inout [PoolAction]) -> Void) {
        var actions: [PoolAction] = []
        event(&state, now, &actions)
        take(actions)
    }

    private mutating func take(_ actions: [PoolAction]) {
        for action in actions {
            switch action {
            case .dial(let id): dials.append(id)
            case .close(let id): closed.append(id)
            case .reset(let id): resets.append(id)
            case .serve(let waiter, let lease):
                served.append(waiter)
                leases[waiter] = lease
            case .refuse(let waiter, let refusal): refusals[waiter] = refusal
            case .leaked(let place, _): leaks.append(place)
            }
        }
    }
}
