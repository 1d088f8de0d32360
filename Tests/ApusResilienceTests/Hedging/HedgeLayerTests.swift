// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Dispatch
import Synchronization
import Testing

@Suite("Calls that are hedged", .timeLimit(.minutes(1)))
struct HedgeLayerTests {
    private let time = SteppedTime()

    private func hedger(
        delay: HedgeDelay = .fixed(.milliseconds(10)), budget: RetryBudget? = nil, depositing: Bool = true,
        changing change: (inout HedgeConfiguration) -> Void = { _ in }
    ) throws -> Hedger {
        var configuration = HedgeConfiguration()
        configuration.delay = delay
        change(&configuration)
        return try Hedger(configuration, budget: budget, depositing: depositing, time: time.source)
    }

    private typealias Outcome = Result<Int, CallFailure>

    private func begin(
        _ layer: HedgeLayer<HeldEndpoint>, _ request: ScriptedRequest = ScriptedRequest(),
        in context: CallContext = CallContext()
    ) -> Task<Outcome, Never> {
        Task {
            do throws(CallFailure) {
                return .success(try await layer.call(request, in: context))
            } catch {
                return .failure(error)
            }
        }
    }

    private func value(_ outcome: Outcome) -> Int? {
        if case .success(let value) = outcome { value } else { nil }
    }

    @Test("end with the first answer if it comes before the delay is over")
    func originalFirst() async throws {
        let endpoint = HeldEndpoint()
        let hedger = try hedger()
        let call = begin(endpoint.hedging(with: hedger))
        await endpoint.began(1)
        endpoint.end(1, .success(1))
        #expect(value(await call.value) == 1)
        time.advance(by: .seconds(1))
        #expect(endpoint.calls == 1)
        #expect(hedger.statistics.calls == 1 && hedger.statistics.sent == 0 && hedger.statistics.won == 0)
    }

    @Test("are sent again after the delay; when the second answers first, the first is cancelled")
    func hedgeWins() async throws {
        let endpoint = HeldEndpoint()
        let hedger = try hedger()
        let call = begin(endpoint.hedging(with: hedger))
        await time.sleepers(1)
        time.advance(by: .milliseconds(10))
        await endpoint.began(2)
        endpoint.end(2, .success(2))
        #expect(value(await call.value) == 2)
        await endpoint.cancelled(1)
        #expect(endpoint.contexts.map(\.attempt) == [1, 2])
        #expect(endpoint.requests.map(\.prepared.count) == [0, 1])
        #expect(endpoint.requests[1].prepared[0].number == 2)
        #expect(endpoint.requests[1].prepared[0].failure == nil)
        #expect(endpoint.requests[1].prepared[0].avoidsPrevious)
        #expect(hedger.statistics.sent == 1 && hedger.statistics.won == 1)
    }

    @Test("end with the first answer though a second attempt is out, which is then cancelled")
    func originalWinsLate() async throws {
        let endpoint = HeldEndpoint()
        let hedger = try hedger()
        let call = begin(endpoint.hedging(with: hedger))
        await time.sleepers(1)
        time.advance(by: .milliseconds(10))
        await endpoint.began(2)
        endpoint.end(1, .success(1))
        #expect(value(await call.value) == 1)
        await endpoint.cancelled(2)
        #expect(hedger.statistics.sent == 1 && hedger.statistics.won == 0)
    }

    @Test("are not held up by a loser that doesn't heed its cancellation, which is counted until it ends")
    func slowLoser() async throws {
        let endpoint = HeldEndpoint(heedingCancellation: false)
        let hedger = try hedger()
        let call = begin(endpoint.hedging(with: hedger))
        await time.sleepers(1)
        time.advance(by: .milliseconds(10))
        await endpoint.began(2)
        endpoint.end(2, .success(2))
        #expect(value(await call.value) == 2)
        await endpoint.cancelled(1)
        #expect(hedger.statistics.stragglers == 1)
        endpoint.end(1, .success(1))
        while hedger.statistics.stragglers > 0 { await Task.yield() }
    }

    @Test("are not hedged while too many losers go on")
    func stragglers() async throws {
        let endpoint = HeldEndpoint(heedingCancellation: false)
        let hedger = try hedger { $0.maximumStragglers = 1 }
        let layer = endpoint.hedging(with: hedger)
        let first = begin(layer)
        await time.sleepers(1)
        time.advance(by: .milliseconds(10))
        await endpoint.began(2)
        endpoint.end(2, .success(2))
        _ = await first.value
        let second = begin(layer)
        await endpoint.began(3)
        endpoint.end(3, .failure(.lost))
        #expect(await second.value.reason?.code == .connectionLost)
        #expect(endpoint.calls == 3)
        #expect(hedger.statistics.stops == [.stragglers: 1])
        endpoint.end(1, .success(1))
    }

    @Test("don't cancel what goes on in the attempt that has won")
    func winnerLives() async throws {
        let wasCancelled = Mutex<Task<Bool, Never>?>(nil)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let endpoint = FunctionEndpoint<ScriptedRequest, Int> { (_, _) async throws(CallFailure) in
            wasCancelled.withLock {
                $0 = Task {
                    for await _ in gate {}
                    return Task.isCancelled
                }
            }
            return 1
        }
        #expect(try await endpoint.hedging(with: hedger()).call(ScriptedRequest(), in: CallContext()) == 1)
        open.finish()
        #expect(await wasCancelled.withLock { $0 }?.value == false)
    }

    @Test("send the next attempt at once when one fails, without waiting for the delay")
    func failureIsNext() async throws {
        let endpoint = HeldEndpoint()
        let call = begin(endpoint.hedging(with: try hedger()))
        await endpoint.began(1)
        endpoint.end(1, .failure(.lost))
        await endpoint.began(2)
        #expect(endpoint.requests[1].prepared[0].failure?.code == .connectionLost)
        endpoint.end(2, .success(2))
        #expect(value(await call.value) == 2)
    }

    @Test("are sent to all at once without a delay")
    func noDelay() async throws {
        let endpoint = HeldEndpoint()
        let call = begin(endpoint.hedging(with: try hedger(delay: .fixed(.zero)) { $0.maximumExtraAttempts = 2 }))
        await endpoint.began(3)
        endpoint.end(3, .success(3))
        #expect(value(await call.value) == 3)
        await endpoint.cancelled(1)
        await endpoint.cancelled(2)
    }

    @Test("end with the last failure when all attempts fail, also if that is the first's")
    func allFail() async throws {
        for last in [1, 2] {
            let endpoint = HeldEndpoint()
            let time = SteppedTime()
            var configuration = HedgeConfiguration()
            configuration.delay = .fixed(.milliseconds(10))
            let call = begin(endpoint.hedging(with: try Hedger(configuration, time: time.source)))
            await time.sleepers(1)
            time.advance(by: .milliseconds(10))
            await endpoint.began(2)
            endpoint.end(3 - last, .failure(.lost))
            endpoint.end(last, .failure(.status(503)))
            let failure = await call.value.reason
            #expect(failure?.attempts == 2)
            #expect(failure?.mayHaveReachedPeer == true)
            #expect(failure?.status == 503 || failure?.code == .connectionLost)
        }
    }

    @Test("end at once with a failure that another attempt can't mend, and cancel the others")
    func fatal() async throws {
        let endpoint = HeldEndpoint()
        let call = begin(endpoint.hedging(with: try hedger()))
        await time.sleepers(1)
        time.advance(by: .milliseconds(10))
        await endpoint.began(2)
        endpoint.end(2, .failure(.unwelcome))
        #expect(await call.value.reason?.code == .invalidResponse)
        await endpoint.cancelled(1)
    }

    @Test("are sent once if they must not be repeated")
    func notRepeatable() async throws {
        let endpoint = HeldEndpoint()
        let call = begin(endpoint.hedging(with: try hedger()), ScriptedRequest(isRepeatable: false))
        await endpoint.began(1)
        time.advance(by: .seconds(1))
        endpoint.end(1, .failure(.lost))
        #expect(await call.value.reason?.code == .connectionLost)
        #expect(endpoint.calls == 1)
        #expect(time.sleeps.isEmpty)
    }

    @Test("are not sent again once too much of the request was taken to repeat it")
    func takenBody() async throws {
        final class Body: Sendable {
            let isWhole = Atomic(true)
        }
        struct Upload: RepeatableRequest {
            let body = Body()
            var isRepeatable: Bool { body.isWhole.load(ordering: .relaxed) }
        }
        let calls = Atomic(0)
        let endpoint = FunctionEndpoint<Upload, Int> { (upload, _) async throws(CallFailure) in
            calls.add(1, ordering: .relaxed)
            upload.body.isWhole.store(false, ordering: .relaxed)
            throw .lost
        }
        let hedger = try hedger()
        #expect(await endpoint.hedging(with: hedger).failure(of: Upload())?.code == .connectionLost)
        let made = calls.load(ordering: .relaxed)
        #expect(made == 1)
        #expect(hedger.statistics.stops == [.notRepeatable: 1])
    }

    @Test("are sent once if the deadline comes before the delay is over")
    func deadline() async throws {
        let endpoint = HeldEndpoint()
        let context = CallContext(deadline: time.now.advanced(by: .milliseconds(10)))
        let call = begin(endpoint.hedging(with: try hedger()), in: context)
        await endpoint.began(1)
        endpoint.end(1, .success(1))
        #expect(value(await call.value) == 1)
        #expect(time.sleeps.isEmpty)
    }

    @Test("draw on the budget, and the first attempt is waited for when it is exhausted")
    func budget() async throws {
        var bounds = RetryBudgetConfiguration()
        bounds.minimumPerSecond = 0
        bounds.ratio = 0.5
        let budget = try RetryBudget(bounds)
        let hedger = try hedger(budget: budget)
        let endpoint = HeldEndpoint()
        let call = begin(endpoint.hedging(with: hedger))
        await endpoint.began(1)
        endpoint.end(1, .failure(.lost))
        #expect(await call.value.reason?.code == .connectionLost)
        #expect(endpoint.calls == 1)
        #expect(hedger.statistics.stops == [.budgetExhausted: 1])
        #expect(budget.statistics(now: time.now).deposits == 1)
        #expect(budget.statistics(now: time.now).exhausted == 1)
    }

    @Test("are not counted in the budget twice when retries above count them")
    func sharedBudget() async throws {
        let budget = try RetryBudget()
        let hedger = try hedger(budget: budget, depositing: false)
        let retrier = try Retrier(budget: budget, time: time.source)
        let endpoint = ScriptedEndpoint(.answers(1))
        let layer = endpoint.hedging(with: hedger).retrying(with: retrier)
        #expect(try await layer.call(ScriptedRequest(), in: CallContext()) == 1)
        #expect(budget.statistics(now: time.now).deposits == 1)
    }

    @Test("judge responses whose errors come as values, and return the last of them")
    func judges() async throws {
        let endpoint = ScriptedEndpoint(.answers(503), .answers(502))
        let hedging = endpoint.hedging(with: try hedger(), judging: { $0 >= 500 ? .status($0) : nil })
        #expect(try await hedging.call(ScriptedRequest(), in: CallContext()) == 502)
        let other = ScriptedEndpoint(.answers(503), .fails(.lost))
        let layer = other.hedging(with: try hedger(), judging: { $0 >= 500 ? .status($0) : nil })
        #expect(await layer.failure(of: ScriptedRequest())?.code == .connectionLost)
    }

    @Test("that are cancelled end at once, and so do their attempts")
    func cancelled() async throws {
        let endpoint = HeldEndpoint(heedingCancellation: false)
        let hedger = try hedger()
        let call = begin(endpoint.hedging(with: hedger))
        await time.sleepers(1)
        time.advance(by: .milliseconds(10))
        await endpoint.began(2)
        call.cancel()
        let failure = await call.value.reason
        #expect(failure?.code == .cancelled)
        #expect(failure?.attempts == 2)
        await endpoint.cancelled(1)
        await endpoint.cancelled(2)
        #expect(hedger.statistics.stragglers == 2)
        endpoint.end(1, .success(1))
        endpoint.end(2, .success(2))
    }

    @Test("inherit the task-locals of the caller")
    func taskLocals() async throws {
        let endpoint = FunctionEndpoint<ScriptedRequest, Int> { (_, _) async throws(CallFailure) in
            Int(CallContext.current?.attempt ?? 0)
        }
        let layer = endpoint.hedging(with: try hedger())
        let seen = try await CallContext.$current.withValue(CallContext(attempt: 9)) {
            try await layer.call(ScriptedRequest(), in: CallContext())
        }
        #expect(seen == 9)
    }

    @Test("stay on the executor of the caller")
    func executor() async throws {
        let executor = QueueExecutor()
        let endpoint = FunctionEndpoint<ScriptedRequest, Bool> { (_, _) async throws(CallFailure) in
            await Task.yield()
            return withUnsafeCurrentTask { $0?.unownedTaskExecutor } == executor.asUnownedTaskExecutor()
        }
        let layer = endpoint.hedging(with: try hedger())
        let stays = try await withTaskExecutorPreference(executor) { () async throws(CallFailure) in
            try await layer.call(ScriptedRequest(), in: CallContext())
        }
        #expect(stays)
    }

    // MARK: the percentile

    @Test("are not hedged before enough of them were measured, then after the percentile")
    func percentile() async throws {
        let time = time
        let endpoint = ScriptedEndpoint(
            (0..<100).map { index in
                .runs { _ in
                    time.advance(by: index < 94 ? .milliseconds(4) : .milliseconds(100))
                    return .success(1)
                }
            })
        let hedger = try hedger(delay: .percentile(0.94)) { $0.window = .seconds(3_600) }
        let layer = endpoint.hedging(with: hedger)
        for _ in 0..<100 {
            #expect(hedger.statistics.delay == nil)
            _ = try await layer.call(ScriptedRequest(), in: CallContext())
        }
        let delay = try #require(hedger.statistics.delay)
        #expect(delay >= .milliseconds(4) && delay <= .microseconds(4_500))
        #expect(time.sleeps.isEmpty)
    }

    @Test("wait at least as long as is asked for, however fast the service is")
    func minimumDelay() async throws {
        let hedger = try hedger(delay: .percentile(0.95, atLeast: .milliseconds(7)))
        for _ in 0..<100 { hedger.record(since: time.now, now: time.now) }
        #expect(hedger.statistics.delay == .milliseconds(7))
    }

    @Test("measure a first attempt that loses as long as it was waited for")
    func censored() async throws {
        let hedger = try hedger(delay: .percentile(0.5, atLeast: .milliseconds(1))) { $0.minimumCalls = 10 }
        for _ in 0..<10 { hedger.record(since: time.now, now: time.now.advanced(by: .milliseconds(2))) }
        let before = try #require(hedger.statistics.delay)
        for _ in 0..<40 {
            let endpoint = HeldEndpoint()
            let call = begin(endpoint.hedging(with: hedger))
            await time.sleepers(1)
            time.advance(by: try #require(hedger.statistics.delay))
            await endpoint.began(2)
            endpoint.end(2, .success(2))
            _ = await call.value
        }
        hedger.record(since: time.now, now: time.now.advanced(by: .seconds(1)))
        let after = try #require(hedger.statistics.delay)
        #expect(after > before)
        #expect(hedger.statistics.won == 40)
    }
}

private final class QueueExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "hedging")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
