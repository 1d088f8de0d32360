// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusSQL

@Suite("Pool rules")
struct PoolStateTests {
    @Test("the first caller makes a connection be opened and gets it")
    func firstDial() {
        var pool = PoolDriver()
        let waiter = pool.acquire()
        #expect(waiter.acquisition == .waiting)
        let dials = pool.takeDials()
        #expect(dials.count == 1)
        pool.dialed(dials[0])
        #expect(pool.served == [waiter.id])
    }

    @Test("an idle connection is leased at once, the one used last")
    func lastUsedFirst() {
        var pool = PoolDriver()
        let leases = pool.leaseNew(3)
        for lease in leases { pool.release(lease) }
        guard case .leased(let next) = pool.acquire().acquisition else {
            Issue.record("nothing was leased")
            return
        }
        #expect(next.connection == leases[2].connection)
        #expect(next.generation != leases[2].generation)
    }

    @Test("those who wait are served in the order in which they came")
    func fifo() {
        var pool = PoolDriver(.init(maxOpen: 1, maxIdle: 1))
        var lease = pool.leaseNew(1)[0]
        let waiters = (0..<200).map { _ in pool.acquire().id }
        for waiter in waiters {
            pool.release(lease)
            #expect(pool.served.last == waiter)
            lease = pool.leases[waiter] ?? lease
        }
        #expect(pool.state.statistics.waiting == 0)
    }

    @Test(
        "of ten times more callers than connections each waits for at most one turn of every other", arguments: 1...20)
    func fairness(seed: UInt64) {
        var random = FastRandom(seed: seed)
        var pool = PoolDriver(.init(maxOpen: 5, maxIdle: 5))
        // Callers of one client follow each other; the first connection is so slow that it is hardly ever given back.
        var clients: [WaiterID: Int] = [:]
        var leases: [(client: Int, lease: PoolLease)] = []
        var since = [Int](repeating: 0, count: 50)
        var served = 0
        for client in 0..<50 {
            clients[pool.acquire().id] = client
        }
        while let dial = pool.takeDials(keep: true).first { pool.dialed(dial) }
        var seen = 0
        for _ in 0..<5000 {
            while seen < pool.served.count {
                let waiter = pool.served[seen]
                seen += 1
                guard let client = clients[waiter], let lease = pool.leases[waiter] else { continue }
                #expect(served - since[client] <= 49, "seed \(seed)")
                served += 1
                leases.append((client, lease))
            }
            let isSlowOnesTurn = Int.random(in: 0..<100, using: &random) == 0
            let index = isSlowOnesTurn ? 0 : Int.random(in: 1..<leases.count, using: &random)
            let (client, lease) = leases.remove(at: index)
            pool.release(lease)
            since[client] = served
            clients[pool.acquire().id] = client
        }
        #expect(pool.state.statistics.waiting == 45 && pool.state.statistics.leased == 5)
    }

    @Test("a caller that was cancelled is skipped")
    func cancelled() {
        var pool = PoolDriver(.init(maxOpen: 1, maxIdle: 1))
        let lease = pool.leaseNew(1)[0]
        let first = pool.acquire().id
        let second = pool.acquire().id
        let wasWaiting = pool.state.cancel(first)
        let again = pool.state.cancel(first)
        #expect(wasWaiting && !again)
        pool.release(lease)
        #expect(pool.served.last == second)
    }

    @Test("who returns with a dead connection goes first")
    func returning() {
        var pool = PoolDriver(.init(maxOpen: 1, maxIdle: 1))
        let lease = pool.leaseNew(1)[0]
        _ = pool.acquire()
        let back = pool.acquire(isReturning: true).id
        pool.release(lease)
        #expect(pool.served.last == back)
    }

    @Test("never more are open than may be, and one more waiter than may wait is refused")
    func bounds() {
        var pool = PoolDriver(.init(maxOpen: 3, maxIdle: 3, maxWaiters: 5, maxDials: 10))
        _ = pool.leaseNew(3)
        for _ in 0..<5 { #expect(pool.acquire().acquisition == .waiting) }
        #expect(pool.acquire().acquisition == .refused(.full))
        #expect(pool.takeDials().isEmpty)
        #expect(pool.state.statistics.rejected == 1)
    }

    @Test("few are opened at the same time")
    func maxDials() {
        var pool = PoolDriver(.init(maxDials: 2))
        for _ in 0..<10 { _ = pool.acquire() }
        var dials = pool.takeDials()
        #expect(dials.count == 2)
        pool.dialed(dials[0])
        dials = pool.takeDials()
        #expect(dials.count == 1)
    }

    @Test("a wait ends at the acquire timeout, or at the caller's own deadline if that is earlier")
    func timeouts() {
        var pool = PoolDriver(.init(maxOpen: 1, maxIdle: 1, acquireTimeout: .seconds(5)))
        _ = pool.leaseNew(1)
        let patient = pool.acquire().id
        let hasty = pool.acquire(deadline: pool.now.advanced(by: .seconds(1))).id
        #expect(pool.acquire(deadline: pool.now).acquisition == .refused(.deadline))
        pool.advance(.milliseconds(999))
        #expect(pool.refusals.isEmpty)
        pool.advance(.milliseconds(1))
        #expect(pool.refusals[hasty] == .deadline)
        pool.advance(.seconds(4))
        #expect(pool.refusals[patient] == .timeout)
        #expect(pool.state.statistics.waiting == 0)
    }

    @Test("a lease is released once; a late release does nothing")
    func releaseOnce() {
        var pool = PoolDriver(.init(maxOpen: 1, maxIdle: 1))
        let lease = pool.leaseNew(1)[0]
        pool.release(lease)
        guard case .leased(let second) = pool.acquire().acquisition else {
            Issue.record("nothing was leased")
            return
        }
        pool.release(lease, .broken)
        #expect(pool.state.statistics.leased == 1)
        pool.release(second)
        #expect(pool.state.statistics.idle == 1)
    }

    @Test("a dirty connection is reset before it is used again, and closed if that fails")
    func dirty() {
        var pool = PoolDriver()
        let leases = pool.leaseNew(2)
        pool.release(leases[0], .dirty)
        pool.release(leases[1], .dirty)
        #expect(pool.resets == leases.map(\.connection))
        #expect(pool.state.statistics.idle == 0)
        pool.resetFinished(leases[0].connection, true)
        pool.resetFinished(leases[1].connection, false)
        #expect(pool.state.statistics.idle == 1)
        #expect(pool.closed == [leases[1].connection])
    }

    @Test("a broken connection is replaced if someone waits")
    func broken() {
        var pool = PoolDriver(.init(maxOpen: 1, maxIdle: 1))
        let lease = pool.leaseNew(1)[0]
        let waiter = pool.acquire().id
        pool.release(lease, .broken)
        #expect(pool.closed == [lease.connection])
        pool.dialed(pool.takeDials()[0])
        #expect(pool.served.last == waiter)
    }
}
