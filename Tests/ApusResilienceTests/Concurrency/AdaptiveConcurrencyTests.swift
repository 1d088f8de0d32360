// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("Adaptive concurrency around calls", .timeLimit(.minutes(1)))
struct AdaptiveConcurrencyTests {
    private let time = SteppedTime()

    private func adaptive(
        _ change: (inout AdaptiveConcurrencyConfiguration) -> Void = { _ in }
    ) throws -> AdaptiveConcurrency {
        var configuration = AdaptiveConcurrencyConfiguration()
        configuration.initialLimit = 4
        configuration.minimumLimit = 1
        configuration.minimumSamples = 1
        configuration.smoothing = 1
        change(&configuration)
        return try AdaptiveConcurrency(configuration, time: time.source)
    }

    /// Calls of the given latency, as many at once as are let through.
    private func window(_ limit: AdaptiveConcurrency, _ latency: Duration, _ outcome: ConcurrencyOutcome = .answered)
        async throws
    {
        let (held, release) = AsyncStream.makeStream(of: Void.self)
        let count = limit.statistics.maximumCalls
        let tasks = try (0..<count).map { _ in
            let permit = PermitBox(try limit.acquireAtOnce())
            return Task {
                for await _ in held {}
                permit.take()?.record(outcome)
            }
        }
        time.advance(by: latency)
        release.finish()
        for task in tasks { await task.value }
    }

    @Test("raises the limit with answers, and lowers it with drops")
    func adapts() async throws {
        let limit = try adaptive()
        for _ in 0..<20 { try await window(limit, .milliseconds(100)) }
        let high = limit.statistics.maximumCalls
        #expect(high > 20)
        for _ in 0..<10 { try await window(limit, .milliseconds(100), .dropped) }
        #expect(limit.statistics.maximumCalls < high)
        #expect(limit.statistics.inFlight == 0)
    }

    @Test("lets waiters through when the limit rises")
    func waiters() async throws {
        let limit = try adaptive {
            $0.maximumWaiting = 10
            $0.initialLimit = 1
        }
        let permit = try await limit.acquire()
        let task = Task { try await limit.acquire().record(.answered) }
        await eventually { limit.statistics.waiting == 1 }
        time.advance(by: .milliseconds(100))
        permit.record(.answered)
        try await task.value
        #expect(limit.statistics.inFlight == 0)
        #expect(limit.statistics.waited == 1)
    }

    @Test("learns nothing from a permit that is dropped, but gives it back")
    func droppedPermit() async throws {
        let limit = try adaptive()
        for _ in 0..<10 { _ = try await limit.acquire() }
        #expect(limit.statistics.inFlight == 0)
        #expect(limit.statistics.maximumCalls == 4)
        #expect(limit.normalLatency == nil)
    }

    @Test("as a layer rejects beyond the limit and records what became of calls")
    func layer() async throws {
        let limit = try adaptive { $0.initialLimit = 2 }
        let endpoint = FunctionEndpoint<Int, Int> { (request, _) throws(CallFailure) in
            if request < 0 {
                throw CallFailure(.deadlineExceeded, "", stage: .response, mayHaveReachedPeer: true)
            }
            return request
        }.adaptingConcurrency(limit)
        #expect(try await endpoint.call(1, in: CallContext()) == 1)
        await #expect(throws: CallFailure.self) { try await endpoint.call(-1, in: CallContext()) }
        let first = try limit.acquireAtOnce()
        let second = try limit.acquireAtOnce()
        let failure = await #expect(throws: CallFailure.self) { try await endpoint.call(1, in: CallContext()) }
        #expect(failure?.code == .overloaded)
        #expect(failure?.retryAfter != nil)
        first.record(.ignored)
        second.record(.ignored)
        #expect(limit.statistics.inFlight == 0)
        #expect(limit.statistics.admitted == 4)
    }

    @Test("reads from a failure whether the peer was overloaded")
    func outcomes() {
        func outcome(
            _ code: CallFailure.Code, _ stage: CallFailure.Stage = .response, status: Int? = nil
        ) -> ConcurrencyOutcome {
            ConcurrencyOutcome(CallFailure(code, "", stage: stage, status: status, mayHaveReachedPeer: true))
        }
        #expect(outcome(.deadlineExceeded) == .dropped)
        #expect(outcome(.unexpectedStatus, status: 503) == .dropped)
        #expect(outcome(.unexpectedStatus, status: 429) == .dropped)
        #expect(outcome(.unexpectedStatus, status: 404) == .answered)
        #expect(outcome(.unexpectedStatus, status: 500) == .ignored)
        #expect(outcome(.cancelled) == .ignored)
        #expect(outcome(.connectFailed, .connect) == .ignored)
        #expect(outcome(.breakerOpen, .admission) == .ignored)
        #expect(outcome(.deadlineExceeded, .admission) == .ignored, "it never left")
    }

    @Test("loses no permit under contention while the limit moves")
    func contended() async throws {
        let limit = try adaptive { $0.maximumWaiting = 1_000 }
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<16 {
                group.addTask {
                    for index in 0..<200 {
                        let outcomes: [ConcurrencyOutcome] = [.answered, .dropped, .answered, .ignored]
                        do throws(CallFailure) {
                            let permit = try await limit.acquire()
                            time.advance(by: .milliseconds(1))
                            permit.record(outcomes[(index + worker) % 4])
                        } catch {
                            continue
                        }
                    }
                }
            }
        }
        let statistics = limit.statistics
        #expect(statistics.inFlight == 0)
        #expect(statistics.waiting == 0)
        #expect(statistics.admitted + statistics.timedOut == 3_200)
    }
}

/// A permit that can be captured.
private final class PermitBox: @unchecked Sendable {
    private var permit: AdaptiveConcurrencyPermit?

    init(_ permit: consuming AdaptiveConcurrencyPermit) {
        self.permit = consume permit
    }

    func take() -> AdaptiveConcurrencyPermit? { permit.take() }
}
