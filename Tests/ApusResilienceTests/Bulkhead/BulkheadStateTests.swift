// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The state of a bulkhead")
struct BulkheadStateTests {
    @Test("lets the maximum through, then lets so many wait, then rejects")
    func limits() throws {
        let bulkhead = try BulkheadUnderTest()
        for _ in 0..<2 { #expect(bulkhead.acquire().isAdmitted) }
        for _ in 0..<2 { #expect(bulkhead.queue() != nil) }
        #expect(bulkhead.acquire().rejection?.reason == .full)
        let statistics = bulkhead.state.statistics
        #expect(statistics.inFlight == 2)
        #expect(statistics.waiting == 2)
        #expect(statistics.admitted == 2)
        #expect(statistics.waited == 2)
        #expect(statistics.full == 1)
    }

    @Test("lets those who wait through in the order in which they came")
    func order() throws {
        let bulkhead = try BulkheadUnderTest { $0.maximumWaiting = 10 }
        for _ in 0..<2 { bulkhead.acquire() }
        let tickets = (0..<5).compactMap { _ in bulkhead.queue() }
        #expect(tickets.count == 5)
        for _ in 0..<5 { bulkhead.release() }
        #expect(bulkhead.granted() == tickets)
        #expect(bulkhead.state.inFlight == 2)
        for _ in 0..<2 { bulkhead.release() }
        #expect(bulkhead.state.inFlight == 0)
    }

    @Test("lets nobody overtake who waits")
    func noOvertaking() throws {
        let bulkhead = try BulkheadUnderTest { $0.maximumCalls = 1 }
        bulkhead.acquire()
        let first = try #require(bulkhead.queue())
        bulkhead.release()
        #expect(bulkhead.granted() == [first])
        #expect(!bulkhead.acquire().isAdmitted, "the one who waited has it")
    }

    @Test("refuses who waited for the maximum, that instant included")
    func maximumWait() throws {
        let bulkhead = try BulkheadUnderTest { $0.maximumCalls = 1 }
        bulkhead.acquire()
        _ = bulkhead.queue()
        #expect(bulkhead.state.nextExpiry == bulkhead.now.advanced(by: .seconds(1)))
        bulkhead.wait(.seconds(1) - .nanoseconds(1))
        bulkhead.expire()
        #expect(bulkhead.refused() == [])
        bulkhead.wait(.nanoseconds(1))
        bulkhead.release()
        #expect(bulkhead.refused() == [.waited], "a call that ends now comes too late")
        #expect(bulkhead.state.inFlight == 0)
        #expect(bulkhead.state.statistics.timedOut == 1)
        #expect(bulkhead.state.nextExpiry == nil)
    }

    @Test("lets nobody wait past its own deadline")
    func deadline() throws {
        let bulkhead = try BulkheadUnderTest { $0.maximumCalls = 1 }
        #expect(bulkhead.acquire(deadline: .zero).rejection?.reason == .deadline)
        bulkhead.acquire()
        _ = bulkhead.queue(deadline: .seconds(5))
        _ = bulkhead.queue(deadline: .milliseconds(300))
        bulkhead.wait(.milliseconds(300))
        bulkhead.expire()
        #expect(bulkhead.refused() == [.deadline])
        bulkhead.wait(.milliseconds(700))
        bulkhead.expire()
        #expect(bulkhead.refused() == [.waited])
        #expect(bulkhead.state.statistics.deadlinePassed == 2)
    }

    @Test("gives the place of a waiter that is cancelled to the next, and cancels none that has its grant")
    func cancel() throws {
        let bulkhead = try BulkheadUnderTest { $0.maximumCalls = 1 }
        bulkhead.acquire()
        let tickets = [try #require(bulkhead.queue()), try #require(bulkhead.queue())]
        #expect(bulkhead.cancel(tickets[0]))
        #expect(!bulkhead.cancel(tickets[0]))
        let third = try #require(bulkhead.queue())
        bulkhead.release()
        #expect(bulkhead.granted() == [tickets[1]])
        #expect(!bulkhead.cancel(tickets[1]))
        #expect(bulkhead.state.inFlight == 1)
        bulkhead.release()
        #expect(bulkhead.granted() == [third])
    }

    @Test("takes no ticket for that of another who had the same place")
    func tickets() throws {
        let bulkhead = try BulkheadUnderTest { $0.maximumCalls = 1 }
        bulkhead.acquire()
        let gone = try #require(bulkhead.queue())
        #expect(bulkhead.cancel(gone))
        let heir = try #require(bulkhead.queue())
        #expect(!bulkhead.cancel(gone))
        bulkhead.release()
        #expect(bulkhead.granted() == [heir])
    }

    @Test("keeps what is in flight when the limit falls, and lets waiters through when it rises")
    func resize() throws {
        let bulkhead = try BulkheadUnderTest { $0.maximumCalls = 4 }
        for _ in 0..<4 { bulkhead.acquire() }
        bulkhead.resize(2)
        #expect(bulkhead.state.inFlight == 4)
        let waiting = (0..<2).compactMap { _ in bulkhead.queue() }
        for _ in 0..<2 { bulkhead.release() }
        #expect(bulkhead.granted() == [], "two are still in flight")
        bulkhead.resize(3)
        #expect(bulkhead.granted() == [waiting[0]])
        bulkhead.resize(100)
        #expect(bulkhead.granted() == [waiting[1]])
        bulkhead.resize(0)
        #expect(bulkhead.state.maximumCalls == 1)
    }

    @Test("doesn't count a release that nobody may make")
    func doubleRelease() throws {
        let bulkhead = try BulkheadUnderTest()
        bulkhead.release()
        #expect(bulkhead.state.inFlight == 0)
        for _ in 0..<2 { #expect(bulkhead.acquire().isAdmitted) }
        #expect(!bulkhead.acquire().isAdmitted)
    }

    @Test("says when to come back: after those who wait, as fast as calls ended, plus up to a half")
    func retryAfter() throws {
        let bulkhead = try BulkheadUnderTest()
        for _ in 0..<2 { bulkhead.acquire() }
        for _ in 0..<2 { _ = bulkhead.queue() }
        let blind = try #require(bulkhead.acquire().rejection)
        #expect(blind.retryAfter >= .seconds(1) && blind.retryAfter <= .milliseconds(1_500))
        for _ in 0..<20 {
            bulkhead.wait(.milliseconds(100))
            bulkhead.release()
            _ = bulkhead.queue()
        }
        let seen = try (0..<50).map { _ in try #require(bulkhead.acquire().rejection).retryAfter }
        #expect(seen.allSatisfy { $0 >= .milliseconds(300) && $0 <= .milliseconds(451) })
        #expect(Set(seen).count > 10, "by chance")
    }

    @Test("is refused with a configuration that makes no sense, naming every key")
    func validates() {
        #expect(BulkheadConfiguration().validate().isEmpty)
        var configuration = BulkheadConfiguration()
        configuration.maximumCalls = 0
        configuration.maximumWaiting = -1
        configuration.maximumWait = .zero
        configuration.partitions = [.init("a", share: 0.6), .init("a", share: 0.6), .init("b", share: .nan)]
        #expect(
            configuration.validate().map(\.key) == [
                "maximumCalls", "maximumWaiting", "maximumWait", "partitions[2].share", "partitions",
            ])
        #expect(throws: InvalidConfiguration.self) { try BulkheadState(configuration) }
        #expect(throws: InvalidConfiguration.self) { try Bulkhead(configuration) }
    }
}
