// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The partitions of a bulkhead")
struct BulkheadPartitionTests {
    private func bulkhead(waiting: Int = 0) throws -> BulkheadUnderTest {
        try BulkheadUnderTest {
            $0.maximumCalls = 10
            $0.maximumWaiting = waiting
            $0.partitions = [.init("batch", share: 0.3), .init("live", share: 0.7)]
        }
    }

    @Test("divide the limit by their shares")
    func divide() throws {
        let bulkhead = try bulkhead()
        for _ in 0..<3 { #expect(bulkhead.acquire(1).isAdmitted) }
        for _ in 0..<7 { #expect(bulkhead.acquire(2).isAdmitted) }
        #expect(!bulkhead.acquire(1).isAdmitted)
        #expect(!bulkhead.acquire(2).isAdmitted)
        #expect(bulkhead.state.inFlight(of: 1) == 3)
        #expect(bulkhead.state.inFlight(of: 2) == 7)
    }

    @Test("use what others leave free, until all is taken")
    func useExcess() throws {
        let bulkhead = try bulkhead()
        for _ in 0..<10 { #expect(bulkhead.acquire(1).isAdmitted) }
        #expect(!bulkhead.acquire(1).isAdmitted)
    }

    @Test("are let through up to their share although another has taken everything")
    func exceedForUnusedShare() throws {
        let bulkhead = try bulkhead()
        for _ in 0..<10 { bulkhead.acquire(1) }
        for _ in 0..<7 { #expect(bulkhead.acquire(2).isAdmitted) }
        #expect(!bulkhead.acquire(2).isAdmitted)
        #expect(bulkhead.state.inFlight == 17)
        for _ in 0..<7 { bulkhead.release(1) }
        #expect(!bulkhead.acquire(1).isAdmitted, "ten are in flight, three of them its own")
    }

    @Test("of no name have no share, but may use what is free")
    func unknown() throws {
        let bulkhead = try bulkhead()
        for _ in 0..<5 { bulkhead.acquire(1) }
        for _ in 0..<5 { #expect(bulkhead.acquire(99).isAdmitted) }
        #expect(!bulkhead.acquire(0).isAdmitted)
        #expect(bulkhead.acquire(2).isAdmitted)
        for _ in 0..<5 { bulkhead.release(99) }
        #expect(bulkhead.state.inFlight == 6)
    }

    @Test("are served from the queue in order, but for those who may go only by their share")
    func queue() throws {
        let bulkhead = try bulkhead(waiting: 10)
        for _ in 0..<10 { bulkhead.acquire(1) }
        for _ in 0..<7 { bulkhead.acquire(2) }
        let batch = try #require(bulkhead.queue(1))
        let live = try #require(bulkhead.queue(2))
        bulkhead.release(2)
        #expect(bulkhead.granted() == [live], "batch came first, but has more than its share")
        for _ in 0..<7 { bulkhead.release(1) }
        #expect(bulkhead.granted() == [])
        bulkhead.release(1)
        #expect(bulkhead.granted() == [batch])
    }

    @Test("follow the limit when it changes, and keep at least one call")
    func follow() throws {
        let bulkhead = try bulkhead()
        bulkhead.resize(1)
        #expect(bulkhead.acquire(1).isAdmitted)
        #expect(bulkhead.acquire(2).isAdmitted)
        #expect(!bulkhead.acquire(1).isAdmitted)
        bulkhead.resize(100)
        for _ in 0..<98 { #expect(bulkhead.acquire(1).isAdmitted) }
        for _ in 0..<69 { #expect(bulkhead.acquire(2).isAdmitted) }
        #expect(!bulkhead.acquire(2).isAdmitted)
    }

    @Test("are found by name")
    func names() throws {
        var configuration = BulkheadConfiguration()
        configuration.partitions = [.init("batch", share: 0.3), .init("live", share: 0.7)]
        let bulkhead = try Bulkhead(configuration)
        #expect(bulkhead.number(of: "live") == 2)
        #expect(bulkhead.number(of: nil) == 0)
        #expect(bulkhead.number(of: "nobody") == 0)
    }
}
