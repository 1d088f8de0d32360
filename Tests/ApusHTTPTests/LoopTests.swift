// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import NIOCore
import Synchronization
import Testing

@Suite("An event loop as an executor")
struct LoopTests {
    /// What tasks did, in their order.
    private final class Record: Sendable {
        private let numbers = Mutex<[Int]>([])

        var all: [Int] { numbers.withLock { $0 } }

        func add(_ number: Int) { numbers.withLock { $0.append(number) } }
    }

    @Test("Jobs that the loop enqueues on itself run there, in their order, many or few", arguments: [1, 3, 5_000])
    func order(count: Int) async throws {
        let loops = EventLoops(count: 1)
        let loop = loops.all[0]
        let record = Record()
        let ranEarly = await Task(executorPreference: loop) {
            let tasks = (0..<count).map { number in
                Task(executorPreference: loop) { record.add(Loop.current === loop ? number : -1) }
            }
            // All are enqueued by now, and none could run yet.
            let ranEarly = record.all
            for task in tasks { await task.value }
            return ranEarly
        }.value
        #expect(ranEarly == [])
        #expect(record.all == Array(0..<count))
        try await loops.shutdown()
    }

    @Test("Tasks that never rest leave the loop time for everything else")
    func fairness() async throws {
        let loops = EventLoops(count: 1)
        let loop = loops.all[0]
        let record = Record()
        let busy = (0..<3).map { _ in
            Task(executorPreference: loop) {
                while record.all.isEmpty { await Task.yield() }
            }
        }
        // Through the loop itself, and then a job of it that comes from elsewhere.
        await withCheckedContinuation { waiter in loop.eventLoop.execute { waiter.resume() } }
        await Task(executorPreference: loop) { record.add(1) }.value
        for task in busy { await task.value }
        #expect(record.all == [1])
        try await loops.shutdown()
    }
}
