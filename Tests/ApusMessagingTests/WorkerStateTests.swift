// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation
import Testing

@testable import ApusMessaging

@Suite("What a worker has in hand")
struct WorkerStateTests {
    let delivery = Delivery(
        message: Message(id: "1", type: "t", source: "/s", created: .distantPast, data: []), channel: .local,
        attempt: 1, token: 1, position: QueuePosition(1))

    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test("A lease is extended until the handler takes too long; one that doesn't return is named once")
    func timeout() {
        var state = WorkerState()
        let id = state.take(delivery, leaseEnds: at(30), now: at(0))
        let task = Task<Void, any Error> {}
        let isCancelled = state.began(id, task)
        #expect(!isCancelled)
        var tick = state.tick(now: at(10), handlerTimeout: .seconds(15))
        #expect(tick.extend.map(\.id) == [id])
        let lost = state.extended(id, isHeld: true, leaseEnds: at(40))
        #expect(lost == nil)
        tick = state.tick(now: at(20), handlerTimeout: .seconds(15))
        #expect(tick.cancel == [task])
        #expect(tick.extend.isEmpty)
        let stuck = (0..<5).map { step in state.tick(now: at(30 + step), handlerTimeout: .seconds(15)).stuck.count }
        #expect(stuck.reduce(0, +) == 1)
        let ending = state.returned(id)
        #expect(ending == .timedOut)
        state.release(id)
        #expect(state.hands.isEmpty)
    }

    @Test("What was taken a moment ago isn't extended yet")
    func grace() {
        var state = WorkerState()
        let old = state.take(delivery, leaseEnds: at(30), now: at(0))
        _ = state.take(delivery, leaseEnds: at(36), now: at(6))
        let tick = state.tick(now: at(10), handlerTimeout: .seconds(60), grace: .seconds(5))
        #expect(tick.extend.map(\.id) == [old])
    }

    @Test("A lease that couldn't be extended in time counts as lost")
    func lostLease() {
        var state = WorkerState()
        let id = state.take(delivery, leaseEnds: at(30), now: at(0))
        let tick = state.tick(now: at(30), handlerTimeout: .seconds(100))
        #expect(tick.extend.isEmpty)
        // The task wasn't known yet: it is cancelled as soon as it is.
        #expect(tick.cancel.isEmpty)
        let isCancelled = state.began(id, Task {})
        #expect(isCancelled)
        let ending = state.returned(id)
        #expect(ending == .leaseLost)
    }

    @Test(
        "While a message is being settled its lease is extended, and it is neither cancelled nor named nor given back")
    func settling() {
        var state = WorkerState()
        let id = state.take(delivery, leaseEnds: at(30), now: at(0))
        let isCancelled = state.began(id, Task {})
        #expect(!isCancelled)
        #expect(state.unreturned.count == 1)
        let ending = state.returned(id)
        #expect(ending == nil)
        #expect(state.unreturned.isEmpty)
        for second in stride(from: Int64(10), to: 200, by: 10) {
            let tick = state.tick(now: at(second), handlerTimeout: .seconds(15))
            #expect(tick.extend.map(\.id) == [id])
            #expect(tick.cancel.isEmpty && tick.stuck.isEmpty)
        }
        let cancelled = state.endAll()
        #expect(cancelled.isEmpty)
    }

    @Test("Failures in a row pause longer and longer, a success ends the pause")
    func pauses() {
        var state = WorkerState()
        state.failed(now: at(0)) { .seconds($0) }
        #expect(state.pausedUntil == at(1))
        state.failed(now: at(1)) { .seconds($0) }
        #expect(state.pausedUntil == at(3))
        state.succeeded()
        #expect(state.pausedUntil == nil)
        state.failed(now: at(5)) { .seconds($0) }
        #expect(state.pausedUntil == at(6))
    }
}
