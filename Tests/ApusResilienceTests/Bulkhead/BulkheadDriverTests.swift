// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization
import Testing

@Suite("The bulkhead around calls", .timeLimit(.minutes(1)))
struct BulkheadDriverTests {
    private let time = SteppedTime()

    private func bulkhead(_ calls: Int, waiting: Int = 10) throws -> Bulkhead {
        var configuration = BulkheadConfiguration()
        configuration.maximumCalls = calls
        configuration.maximumWaiting = waiting
        return try Bulkhead(configuration, time: time.source)
    }

    private func failure(_ body: () async throws(CallFailure) -> Void) async -> CallFailure? {
        do throws(CallFailure) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("gives a permit back when it is released, when it goes out of scope, and when the call throws")
    func permits() async throws {
        let bulkhead = try bulkhead(1, waiting: 0)
        let permit = try await bulkhead.acquire()
        #expect(permit.inFlight == 1)
        #expect(await failure { () async throws(CallFailure) in _ = try await bulkhead.acquire() }?.code == .overloaded)
        permit.release()
        func drop() async throws(CallFailure) { _ = try await bulkhead.acquire() }
        try await drop()
        func fail() async throws(CallFailure) {
            let permit = try await bulkhead.acquire()
            guard permit.inFlight > 1 else {
                throw CallFailure(.connectionLost, "", stage: .response, mayHaveReachedPeer: true)
            }
        }
        #expect(await failure(fail)?.code == .connectionLost)
        #expect(bulkhead.statistics.inFlight == 0)
        #expect(bulkhead.statistics.admitted == 3)
    }

    @Test("rejects with code, stage and retryAfter, without making the call")
    func rejects() async throws {
        let bulkhead = try bulkhead(1, waiting: 0)
        let calls = Atomic<Int>(0)
        let endpoint = FunctionEndpoint<Int, Int> { (request, _) throws(CallFailure) in
            calls.add(1, ordering: .relaxed)
            return request
        }.bulkhead(bulkhead)
        #expect(try await endpoint.call(3, in: CallContext()) == 3)
        let permit = try bulkhead.acquireAtOnce()
        let failure = await #expect(throws: CallFailure.self) { try await endpoint.call(4, in: CallContext()) }
        #expect(failure?.code == .overloaded)
        #expect(failure?.stage == .admission)
        #expect(failure?.retryAfter != nil)
        #expect(failure?.mayHaveReachedPeer == false)
        #expect(throws: CallFailure.self) { _ = try bulkhead.acquireAtOnce() }
        permit.release()
        #expect(calls.load(ordering: .relaxed) == 1)
        #expect(bulkhead.statistics.full == 2)
    }

    @Test("tells waiters as their time is up, by their own deadline or by the maximum wait")
    func expires() async throws {
        let bulkhead = try bulkhead(1)
        let permit = try await bulkhead.acquire()
        let deadline = time.now.advanced(by: .milliseconds(200))
        let hasty = Task {
            await failure { () async throws(CallFailure) in _ = try await bulkhead.acquire(until: deadline) }
        }
        await eventually { bulkhead.statistics.waiting == 1 }
        let patient = Task { await failure { () async throws(CallFailure) in _ = try await bulkhead.acquire() } }
        await eventually { bulkhead.statistics.waiting == 2 && time.waiting > 0 }
        time.advance(by: .milliseconds(200))
        #expect(await hasty.value?.code == .deadlineExceeded)
        await eventually { time.waiting > 0 }
        time.advance(by: .milliseconds(800))
        let late = await patient.value
        #expect(late?.code == .overloaded)
        #expect(late?.stage == .admission)
        permit.release()
        #expect(bulkhead.statistics.inFlight == 0)
    }

    @Test("lets a waiter go whose task is cancelled, and loses no permit to it")
    func cancelled() async throws {
        let bulkhead = try bulkhead(1)
        let permit = try await bulkhead.acquire()
        let task = Task { await failure { () async throws(CallFailure) in _ = try await bulkhead.acquire() } }
        await eventually { bulkhead.statistics.waiting == 1 }
        task.cancel()
        let cause = await task.value
        #expect(cause?.code == .cancelled)
        #expect(cause?.stage == .admission)
        #expect(bulkhead.statistics.cancelled == 1)
        permit.release()
        _ = try bulkhead.acquireAtOnce()
        #expect(bulkhead.statistics.inFlight == 0)
    }

    @Test("adapts to a limit that rises and falls while calls wait")
    func resizes() async throws {
        let bulkhead = try bulkhead(1)
        let first = try await bulkhead.acquire()
        let (held, release) = AsyncStream.makeStream(of: Void.self)
        let tasks = (0..<3).map { _ in
            Task {
                await failure { () async throws(CallFailure) in
                    let permit = try await bulkhead.acquire()
                    for await _ in held {}
                    permit.release()
                }
            }
        }
        await eventually { bulkhead.statistics.waiting == 3 }
        bulkhead.resize(to: 3)
        await eventually { bulkhead.statistics.inFlight == 3 && bulkhead.statistics.waiting == 1 }
        bulkhead.resize(to: 1)
        #expect(bulkhead.statistics.inFlight == 3)
        first.release()
        #expect(bulkhead.statistics.waiting == 1)
        release.finish()
        for task in tasks { #expect(await task.value == nil) }
        #expect(bulkhead.statistics.inFlight == 0)
    }

    @Test("loses no permit and exceeds no limit among grants, cancellations and timeouts that race")
    func races() async throws {
        let bulkhead = try bulkhead(4, waiting: 64)
        let gauge = Gauge()
        let seed = UInt64.random(in: 0 ... .max)
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<64 {
                group.addTask {
                    var random = FastRandom(seed: seed &+ UInt64(worker))
                    for _ in 0..<50 {
                        let isHasty = random.next() % 4 == 0
                        let deadline = isHasty ? time.now.advanced(by: .milliseconds(1)) : nil
                        let task = Task {
                            _ = await failure { () async throws(CallFailure) in
                                let permit = try await bulkhead.acquire(until: deadline)
                                gauge.enter()
                                await Task.yield()
                                gauge.leave()
                                permit.release()
                            }
                        }
                        if random.next() % 3 == 0 { task.cancel() }
                        if random.next() % 8 == 0 { time.advance(by: .milliseconds(1)) }
                        await task.value
                    }
                }
            }
        }
        let statistics = bulkhead.statistics
        #expect(statistics.inFlight == 0, "seed \(seed)")
        #expect(statistics.waiting == 0, "seed \(seed)")
        #expect(gauge.highest <= 4, "seed \(seed)")
        let ends = statistics.admitted + statistics.full + statistics.timedOut + statistics.deadlinePassed
        #expect(ends + statistics.cancelled == 64 * 50, "every call ended in one way, seed \(seed)")
    }
}

/// How many are in a section, and were at most.
final class Gauge: Sendable {
    private let count = Atomic<Int>(0)
    private let most = Atomic<Int>(0)

    var highest: Int { most.load(ordering: .sequentiallyConsistent) }

    func enter() {
        let now = count.add(1, ordering: .sequentiallyConsistent).newValue
        _ = most.max(now, ordering: .sequentiallyConsistent)
    }

    func leave() {
        _ = count.subtract(1, ordering: .sequentiallyConsistent)
    }
}
