// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusSQL

@Suite("Pool rules over time")
struct PoolStateTimeTests {
    @Test("idle connections above maxIdle are closed after a moment, the oldest first; unused ones after their time")
    func idle() {
        var pool = PoolDriver(.init(maxOpen: 6, maxIdle: 3, minIdle: 1, idleTime: .seconds(60)))
        let leases = pool.leaseNew(6)
        for lease in leases { pool.release(lease) }
        pool.advance(.milliseconds(900))
        #expect(pool.state.statistics.idle == 6)
        pool.advance(.milliseconds(100))
        #expect(pool.closed == leases[..<3].map(\.connection))
        pool.advance(.seconds(60))
        #expect(pool.state.statistics.idle == 1)
    }

    @Test("a connection is closed at the end of its life, when it isn't in use")
    func lifetime() {
        let configuration = PoolConfiguration(lifetime: .seconds(100), lifetimeJitter: 0.1, idleTime: .seconds(1000))
        var pool = PoolDriver(configuration)
        let leases = pool.leaseNew(2)
        pool.release(leases[0])
        pool.advance(.seconds(89))
        #expect(pool.closed.isEmpty)
        pool.advance(.seconds(11))
        #expect(pool.closed == [leases[0].connection])
        pool.release(leases[1])
        #expect(pool.closed.count == 2)
        #expect(pool.state.isEmpty)
    }

    @Test("connections opened together die apart")
    func jitter() {
        var pool = PoolDriver(.init(maxOpen: 100, maxIdle: 100, lifetime: .seconds(100), idleTime: .seconds(1000)))
        for lease in pool.leaseNew(100) { pool.release(lease) }
        pool.advance(.seconds(95))
        #expect((20...80).contains(pool.closed.count))
    }

    @Test("a connection that was idle for long is to be validated")
    func validation() {
        var pool = PoolDriver(.init(validateAfter: .seconds(30)))
        pool.release(pool.leaseNew(1)[0])
        pool.advance(.seconds(31))
        guard case .leased(let lease) = pool.acquire().acquisition else {
            Issue.record("nothing was leased")
            return
        }
        #expect(lease.needsValidation)
    }

    @Test("after a failed dial there is one at a time, with pauses that grow and are bounded")
    func backoff() {
        var pool = PoolDriver(.init(acquireTimeout: .seconds(1000), maxDials: 4))
        for _ in 0..<10 { _ = pool.acquire() }
        for dial in pool.takeDials() { pool.dialFailed(dial) }
        var pauses: [Duration] = []
        for _ in 0..<10 {
            var pause = Duration.zero
            while pool.takeDials(keep: true).isEmpty {
                pool.advance(.milliseconds(1))
                pause += .milliseconds(1)
            }
            let dials = pool.takeDials()
            #expect(dials.count == 1)
            pauses.append(pause)
            pool.dialFailed(dials[0])
        }
        #expect(pauses.allSatisfy { $0 <= .milliseconds(1001) })
        #expect(pauses[9] >= .milliseconds(500))
        pool.advance(.seconds(1))
        pool.dialed(pool.takeDials()[0])
        #expect(pool.takeDials().count == 4, "after a success the limit is the usual one")
    }

    @Test("a permanent failure tells those who wait at once; a passing one lets them wait")
    func permanentFailure() {
        var pool = PoolDriver()
        let waiter = pool.acquire().id
        pool.dialFailed(pool.takeDials()[0])
        #expect(pool.refusals.isEmpty)
        #expect(pool.state.isDown)
        pool.advance(.milliseconds(50))
        pool.dialFailed(pool.takeDials()[0], isPermanent: true)
        #expect(pool.refusals[waiter] == .unreachable)
    }

    @Test("a permanent failure leaves those alone whom a connection that is in use can serve")
    func permanentFailureBesides() {
        var pool = PoolDriver(.init(maxOpen: 2, maxIdle: 2))
        let lease = pool.leaseNew(1)[0]
        let waiter = pool.acquire().id
        pool.dialFailed(pool.takeDials()[0], isPermanent: true)
        #expect(pool.refusals.isEmpty)
        pool.release(lease)
        #expect(pool.served.last == waiter)
    }

    @Test("who had a connection that was dead keeps its turn when the queue is full, but not past its deadline")
    func returning() {
        var pool = PoolDriver(.init(maxOpen: 1, maxIdle: 1, maxWaiters: 1))
        let lease = pool.leaseNew(1)[0]
        _ = pool.acquire()
        #expect(pool.acquire().acquisition == .refused(.full))
        let returning = pool.acquire(isReturning: true)
        #expect(returning.acquisition == .waiting)
        #expect(pool.acquire(deadline: pool.now, isReturning: true).acquisition == .refused(.deadline))
        pool.release(lease)
        #expect(pool.served.last == returning.id)
    }

    @Test("idle connections are opened beforehand, and again when they are lost")
    func minIdle() {
        var pool = PoolDriver(.init(minIdle: 2))
        pool.advance(.zero)
        for dial in pool.takeDials() { pool.dialed(dial) }
        #expect(pool.state.statistics.idle == 2)
        guard case .leased(let lease) = pool.acquire().acquisition else {
            Issue.record("nothing was leased")
            return
        }
        pool.release(lease, .broken)
        #expect(pool.takeDials().count == 1)
    }

    @Test("a connection that isn't given back is reported once, with the place that took it")
    func leak() {
        var pool = PoolDriver(.init(leakAfter: .seconds(60)))
        _ = pool.leaseNew(1)
        pool.advance(.seconds(59))
        #expect(pool.leaks.isEmpty)
        pool.advance(.seconds(1))
        pool.advance(.seconds(60))
        #expect(pool.leaks == [PoolDriver.place])
    }

    @Test("after an eviction nothing that was open is used again")
    func eviction() {
        var pool = PoolDriver()
        let leases = pool.leaseNew(2)
        pool.release(leases[0])
        pool.evict()
        #expect(pool.closed == [leases[0].connection])
        pool.release(leases[1])
        #expect(pool.closed.count == 2)
        #expect(pool.acquire().acquisition == .waiting)
    }

    @Test("a closed pool refuses, and closes what comes back")
    func close() {
        var pool = PoolDriver(.init(maxOpen: 2, maxIdle: 2))
        let leases = pool.leaseNew(2)
        let waiter = pool.acquire().id
        pool.close()
        #expect(pool.refusals[waiter] == .closed)
        #expect(pool.acquire().acquisition == .refused(.closed))
        pool.release(leases[0])
        pool.release(leases[1], .dirty)
        #expect(pool.closed.count == 2)
        #expect(pool.state.isEmpty)
    }
}
