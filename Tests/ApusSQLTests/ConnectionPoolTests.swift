// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusSQL
import ApusTesting
import Synchronization
import Testing

@Suite("Connection pool")
struct ConnectionPoolTests {
    private let clock = ManualClock()
    private let place = CallSite(fileID: "Tests/Here.swift", line: 7)

    private func makePool(
        _ configuration: PoolConfiguration = .init(), report: @escaping @Sendable (PoolEvent) -> Void = { _ in },
        dial: @escaping @Sendable () async -> Result<FakeConnection, DialFailure> = { .success(FakeConnection()) }
    ) throws -> ConnectionPool {
        try ConnectionPool(
            configuration: configuration, time: clock.timeSource, random: FastRandom(seed: 1),
            sleep: clock.sleep, report: report
        ) { await dial().map { $0 } }
    }

    @Test("ten times more callers than connections all get their turn, one at a time on each")
    func manyCallers() async throws {
        let pool = try makePool(.init(maxOpen: 5, maxIdle: 5))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    for _ in 0..<20 {
                        let loan = try await pool.take(at: CallSite())
                        let users = loan.fake.state.withLock { state in
                            state.users += 1
                            return state.users
                        }
                        #expect(users == 1)
                        await Task.yield()
                        loan.fake.state.withLock { $0.users -= 1 }
                        pool.giveBack(loan)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(pool.statistics.acquired == 1000)
        #expect(pool.statistics.dials <= 5)
        await pool.close()
        #expect(pool.statistics.open == 0)
    }

    @Test("a dead idle connection is replaced without the caller noticing")
    func deadIdle() async throws {
        let pool = try makePool()
        let first = try await pool.take(at: place)
        pool.giveBack(first)
        first.fake.state.withLock { $0.looksAlive = false }
        clock.advance(by: .milliseconds(2))
        let second = try await pool.take(at: place)
        #expect(second.connection !== first.connection)
        #expect(first.fake.isClosed)
        pool.giveBack(second)
    }

    @Test("a connection that has just served someone is handed on without being looked at")
    func fresh() async throws {
        let pool = try makePool()
        let first = try await pool.take(at: place)
        pool.giveBack(first)
        first.fake.state.withLock { $0.looksAlive = false }
        clock.advance(by: .milliseconds(1))
        let second = try await pool.take(at: place)
        #expect(second.connection === first.connection)
        pool.giveBack(second)
    }

    @Test("a connection that was idle for long is asked, and replaced if it doesn't answer")
    func validation() async throws {
        let pool = try makePool(.init(idleTime: .seconds(100), validateAfter: .seconds(30)))
        let first = try await pool.take(at: place)
        pool.giveBack(first)
        clock.advance(by: .seconds(31))
        pool.giveBack(try await pool.take(at: place))
        #expect(first.fake.state.withLock { $0.validations } == 1)
        clock.advance(by: .seconds(31))
        first.fake.state.withLock { $0.answers = false }
        let second = try await pool.take(at: place)
        #expect(second.connection !== first.connection)
        pool.giveBack(second)
    }

    @Test("a dirty connection is reset before the next caller gets it")
    func dirty() async throws {
        let pool = try makePool(.init(maxOpen: 1, maxIdle: 1))
        let first = try await pool.take(at: place)
        first.fake.state.withLock { $0.condition = .dirty }
        pool.giveBack(first)
        let second = try await pool.take(at: place)
        #expect(second.connection === first.connection)
        #expect(second.connection.condition == .clean)
        pool.giveBack(second)
    }

    @Test("a cancelled caller leaves the queue")
    func cancelled() async throws {
        let pool = try makePool(.init(maxOpen: 1, maxIdle: 1))
        let first = try await pool.take(at: place)
        let waiter = Task { try await pool.take(at: CallSite()) }
        try await eventually("someone waits") { pool.statistics.waiting == 1 }
        waiter.cancel()
        await #expect(throws: DatabaseError.self) { _ = try await waiter.value }
        #expect(pool.statistics.waiting == 0)
        pool.giveBack(first)
        #expect(pool.statistics.idle == 1)
    }

    @Test("who waits too long is told so")
    func timeout() async throws {
        let pool = try makePool(.init(maxOpen: 1, maxIdle: 1, acquireTimeout: .seconds(5)))
        let first = try await pool.take(at: place)
        let waiter = Task { try await pool.take(at: CallSite()) }
        try await eventually("someone waits") { pool.statistics.waiting == 1 }
        try await eventually("the wait ends") {
            clock.advance(by: .seconds(1))
            return pool.statistics.waiting == 0
        }
        let error = await #expect(throws: DatabaseError.self) { _ = try await waiter.value }
        #expect(error?.code == .overloaded)
        #expect(error?.mayHaveRun == false)
        pool.giveBack(first)
    }

    @Test("a server that refuses for good is an error at once; the pool says that it is down")
    func refused() async throws {
        let pool = try makePool(dial: {
            .failure(DialFailure(DatabaseError(.cannotOpen, "wrong password"), isPermanent: true))
        })
        let error = await #expect(throws: DatabaseError.self) { _ = try await pool.take(at: self.place) }
        #expect(error?.code == .cannotOpen)
        #expect(pool.health == .down("wrong password"))
    }

    @Test("when the server comes back those who wait are served")
    func recovery() async throws {
        let ups = Tally()
        let pool = try makePool(dial: {
            ups.value > 0
                ? .success(FakeConnection())
                : .failure(DialFailure(DatabaseError(.cannotOpen, "refused"), isPermanent: false))
        })
        let waiters = (0..<10).map { _ in Task { pool.giveBack(try await pool.take(at: CallSite())) } }
        try await eventually("some dials fail") {
            clock.advance(by: .milliseconds(10))
            return pool.statistics.dialFailures >= 3
        }
        ups.increment()
        try await eventually("all are served") {
            clock.advance(by: .milliseconds(10))
            return pool.statistics.waiting == 0
        }
        for waiter in waiters { try await waiter.value }
        #expect(pool.health == .up)
    }

    @Test("a leak is reported with the place that took the connection")
    func leak() async throws {
        let leaks = Journal<CallSite>()
        let pool = try makePool(report: { event in
            if case .leaked(let place, _) = event { leaks.append(place) }
        })
        let loan = try await pool.take(at: place)
        try await eventually("the report") {
            clock.advance(by: .seconds(10))
            return leaks.entries == [place]
        }
        pool.giveBack(loan)
    }

    @Test("closing waits for what is in use, and refuses from then on")
    func close() async throws {
        let pool = try makePool()
        let loan = try await pool.take(at: place)
        let closing = Task { await pool.close() }
        try await eventually("it is closed") {
            do {
                pool.giveBack(try await pool.take(at: place))
                return false
            } catch {
                return (error as? DatabaseError)?.code == .closed
            }
        }
        pool.giveBack(loan)
        await closing.value
        #expect(loan.fake.isClosed)
    }

    @Test("a configuration that can't work names every problem")
    func configuration() {
        let error = #expect(throws: DatabaseError.self) {
            _ = try makePool(.init(maxOpen: 0, acquireTimeout: .zero))
        }
        #expect(error?.message.contains("maxOpen") == true)
        #expect(error?.message.contains("acquireTimeout") == true)
    }
}
