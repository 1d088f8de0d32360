// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization
import Testing

@Suite("Calls that are retried", .timeLimit(.minutes(1)))
struct RetryLayerTests {
    private let time = SteppedTime(skipping: true)

    private func retrier(
        budget: RetryBudget? = nil, changing change: (inout RetryConfiguration) -> Void = { _ in }
    ) throws -> Retrier {
        var configuration = RetryConfiguration()
        configuration.backoff.jitter = .none
        change(&configuration)
        return try Retrier(configuration, budget: budget, time: time.source, random: FastRandom(seed: 1))
    }

    private func context(within left: Duration) -> CallContext {
        CallContext(deadline: time.now.advanced(by: left))
    }

    @Test("that succeed at once are passed on as they are")
    func success() async throws {
        let endpoint = ScriptedEndpoint(.answers(42))
        let retrier = try retrier()
        let context = CallContext(deadline: time.now.advanced(by: .seconds(5)), attempt: 1)
        #expect(try await endpoint.retrying(with: retrier).call(ScriptedRequest(), in: context) == 42)
        #expect(endpoint.contexts.map(\.deadline) == [context.deadline])
        #expect(endpoint.requests.map(\.prepared.count) == [0])
        #expect(time.sleeps.isEmpty)
        #expect(retrier.statistics.calls == 1 && retrier.statistics.attempts == 1)
    }

    @Test("pause between attempts and tell each its number")
    func retries() async throws {
        let endpoint = ScriptedEndpoint(.fails(.lost), .fails(.status(503)), .answers(42))
        let retrier = try retrier()
        #expect(try await endpoint.retrying(with: retrier).call(ScriptedRequest(), in: CallContext()) == 42)
        #expect(time.sleeps == [.milliseconds(100), .milliseconds(200)])
        #expect(endpoint.contexts.map(\.attempt) == [1, 2, 3])
        let prepared = try #require(endpoint.requests.last?.prepared)
        #expect(prepared.map(\.number) == [2, 3])
        #expect(prepared.map { $0.failure?.code } == [.connectionLost, .unexpectedStatus])
        #expect(prepared.map(\.avoidsPrevious) == [true, true])
        #expect(retrier.statistics.retries == [.connectionLost: 1, .status: 1])
        #expect(retrier.statistics.attempts == 3)
        #expect(retrier.statistics.giveUps.isEmpty)
    }

    @Test("make no timer when there is no pause")
    func noPause() async throws {
        let endpoint = ScriptedEndpoint(.fails(.refused), .answers(42))
        let retrier = try retrier()
        let request = ScriptedRequest(isRepeatable: false)
        #expect(try await endpoint.retrying(with: retrier).call(request, in: CallContext()) == 42)
        #expect(time.sleeps.isEmpty)
        #expect(retrier.statistics.retries == [.notSent: 1])
    }

    @Test("end with the last failure, which says how many attempts were made")
    func lastFailure() async throws {
        let endpoint = ScriptedEndpoint(.fails(.lost), .fails(.lost), .fails(.refused))
        let retrier = try retrier()
        let layer = endpoint.retrying(with: retrier)
        let failure = await layer.failure(of: ScriptedRequest())
        #expect(failure?.code == .connectFailed)
        #expect(failure?.attempts == 3)
        #expect(failure?.mayHaveReachedPeer == true)
        #expect(retrier.statistics.giveUps == [.attemptsExhausted: 1])
    }

    @Test("are made once if a peer may have seen what must not be repeated")
    func notRepeatable() async throws {
        let endpoint = ScriptedEndpoint(.fails(.lost), .answers(42))
        let layer = endpoint.retrying(with: try retrier())
        let failure = await layer.failure(of: ScriptedRequest(isRepeatable: false))
        #expect(failure?.code == .connectionLost)
        #expect(endpoint.calls == 1)
    }

    @Test("don't sleep when the pause would reach the deadline")
    func noSleepPastDeadline() async throws {
        let endpoint = ScriptedEndpoint(.fails(.lost), .answers(42))
        let retrier = try retrier()
        let layer = endpoint.retrying(with: retrier)
        let context = context(within: .milliseconds(100))
        let failure = await layer.failure(of: ScriptedRequest(), in: context)
        #expect(failure?.code == .connectionLost)
        #expect(endpoint.calls == 1)
        #expect(time.sleeps.isEmpty)
        #expect(retrier.statistics.giveUps == [.noTimeLeft: 1])
    }

    @Test("are not begun after the deadline")
    func expired() async throws {
        let budget = try RetryBudget()
        let endpoint = ScriptedEndpoint(.answers(42))
        let retrier = try retrier(budget: budget)
        let layer = endpoint.retrying(with: retrier)
        let context = context(within: .zero)
        let failure = await layer.failure(of: ScriptedRequest(), in: context)
        #expect(failure?.code == .deadlineExceeded)
        #expect(failure?.stage == .admission)
        #expect(failure?.mayHaveReachedPeer == false)
        #expect(endpoint.calls == 0)
        #expect(retrier.statistics.refused == 1 && retrier.statistics.calls == 0)
        #expect(budget.statistics(now: time.now).deposits == 0)
    }

    @Test("begin no attempt after a pause that took too long")
    func overslept() async throws {
        let time = time
        let late = TimeSource {
            time.now
        } sleepingUntil: { (instant) throws(CancellationError) in
            time.advance(by: .seconds(60))
        }
        var configuration = RetryConfiguration()
        configuration.backoff.jitter = .none
        let retrier = try Retrier(configuration, time: late)
        let endpoint = ScriptedEndpoint(.fails(.lost), .answers(42))
        let layer = endpoint.retrying(with: retrier)
        let context = context(within: .seconds(10))
        let failure = await layer.failure(of: ScriptedRequest(), in: context)
        #expect(failure?.code == .connectionLost)
        #expect(endpoint.calls == 1)
        #expect(retrier.statistics.giveUps == [.noTimeLeft: 1])
    }

    @Test("give each attempt its own time, never more than the call has")
    func attemptTimeout() async throws {
        let late = CallFailure(.deadlineExceeded, "late", stage: .response, mayHaveReachedPeer: true)
        let time = time
        let endpoint = ScriptedEndpoint(
            .runs { _ in
                time.advance(by: .seconds(1))
                return .failure(late)
            },
            .runs { _ in
                time.advance(by: .milliseconds(900))
                return .failure(late)
            })
        let retrier = try retrier { $0.attemptTimeout = .seconds(1) }
        let layer = endpoint.retrying(with: retrier)
        let start = time.now
        let context = context(within: .seconds(2))
        let failure = await layer.failure(of: ScriptedRequest(), in: context)
        #expect(
            endpoint.contexts.map(\.deadline) == [start.advanced(by: .seconds(1)), start.advanced(by: .seconds(2))])
        #expect(failure?.attempts == 2)
        #expect(retrier.statistics.retries == [.attemptTimeout: 1])
        #expect(retrier.statistics.giveUps == [.noTimeLeft: 1])
    }

    @Test("end with the original failure when the budget is exhausted, and that is counted")
    func budget() async throws {
        var bounds = RetryBudgetConfiguration()
        bounds.ratio = 0.5
        bounds.minimumPerSecond = 0
        let budget = try RetryBudget(bounds)
        let retrier = try retrier(budget: budget)
        let endpoint = ScriptedEndpoint([ScriptedAttempt](repeating: .fails(.status(503)), count: 6))
        let layer = endpoint.retrying(with: retrier)
        for _ in 0..<4 {
            let failure = await layer.failure(of: ScriptedRequest())
            #expect(failure?.status == 503)
        }
        #expect(endpoint.calls == 6)
        #expect(retrier.statistics.budgetExhausted == 4)
        let statistics = budget.statistics(now: time.now)
        #expect(statistics.deposits == 4 && statistics.withdrawals == 2 && statistics.exhausted == 4)
    }

    @Test("don't multiply the load of a service that fails")
    func storm() async throws {
        var bounds = RetryBudgetConfiguration()
        bounds.minimumPerSecond = 1
        let budget = try RetryBudget(bounds)
        let retrier = try retrier(budget: budget) {
            $0.maximumAttempts = 10
            $0.backoff.base = .nanoseconds(1)
            $0.backoff.maximum = .nanoseconds(1)
        }
        let endpoint = ScriptedEndpoint([ScriptedAttempt](repeating: .fails(.status(503)), count: 20_000))
        let layer = endpoint.retrying(with: retrier)
        for _ in 0..<1_000 { _ = await layer.failure(of: ScriptedRequest()) }
        #expect(endpoint.calls == 1_000 + 200 + 10)
    }

    @Test("number the attempts on where a layer below has made several")
    func numbers() async throws {
        var twice = CallFailure.lost
        twice.attempts = 2
        let endpoint = ScriptedEndpoint(.fails(twice), .fails(twice), .answers(1))
        let layer = endpoint.retrying(with: try retrier())
        _ = try await layer.call(ScriptedRequest(), in: CallContext())
        #expect(endpoint.contexts.map(\.attempt) == [1, 3, 5])
        #expect(endpoint.requests.last?.prepared.map(\.number) == [3, 5])
    }

    @Test("judge responses whose errors come as values, and return the last of them")
    func judges() async throws {
        let endpoint = ScriptedEndpoint(.answers(503), .answers(503), .answers(502))
        let retrier = try retrier()
        let layer = endpoint.retrying(with: retrier, judging: { $0 >= 500 ? .status($0) : nil })
        #expect(try await layer.call(ScriptedRequest(), in: CallContext()) == 502)
        #expect(endpoint.calls == 3)
        #expect(retrier.statistics.giveUps == [.attemptsExhausted: 1])
        let fine = ScriptedEndpoint(.answers(503), .answers(404))
        let judging = fine.retrying(with: retrier, judging: { $0 >= 500 ? .status($0) : nil })
        #expect(try await judging.call(ScriptedRequest(), in: CallContext()) == 404)
    }

    @Test("let go of a response that is tried again before they pause")
    func discards() async throws {
        final class Held: Sendable {
            private let released: @Sendable () -> Void
            init(_ released: @escaping @Sendable () -> Void) { self.released = released }
            deinit { released() }
        }
        let isReleased = Atomic(false)
        let wasReleased = Atomic(false)
        let time = time
        let clock = TimeSource {
            time.now
        } sleepingUntil: { (_) throws(CancellationError) in
            wasReleased.store(isReleased.load(ordering: .relaxed), ordering: .relaxed)
        }
        let attempts = Atomic(0)
        let endpoint = FunctionEndpoint<ScriptedRequest, Held?> { (_, _) async throws(CallFailure) in
            guard attempts.add(1, ordering: .relaxed).oldValue == 0 else { return nil }
            return Held { isReleased.store(true, ordering: .relaxed) }
        }
        let layer = endpoint.retrying(
            with: try Retrier(time: clock), judging: { $0 == nil ? nil : CallFailure.status(503) })
        #expect(try await layer.call(ScriptedRequest(), in: CallContext()) == nil)
        let wasLetGo = wasReleased.load(ordering: .relaxed)
        #expect(wasLetGo)
    }

    @Test("that are cancelled during a pause end at once, neither failed nor succeeded")
    func cancelledInPause() async throws {
        let time = SteppedTime()
        let endpoint = ScriptedEndpoint(.fails(.lost), .answers(42))
        let retrier = try Retrier(time: time.source)
        let layer = endpoint.retrying(with: retrier)
        let call = Task {
            await layer.failure(of: ScriptedRequest())
        }
        await time.sleepers(1)
        call.cancel()
        let failure = await call.value
        #expect(failure?.code == .cancelled)
        #expect(failure?.attempts == 1)
        #expect(failure?.mayHaveReachedPeer == true)
        #expect(endpoint.calls == 1)
        #expect(retrier.statistics.giveUps == [.cancelled: 1])
    }

    @Test("that are cancelled during an attempt get no other")
    func cancelledInAttempt() async throws {
        let endpoint = ScriptedEndpoint(
            .runs { _ in
                withUnsafeCurrentTask { $0?.cancel() }
                return .failure(.refused)
            })
        let retrier = try retrier()
        let layer = endpoint.retrying(with: retrier)
        let call = Task {
            await layer.failure(of: ScriptedRequest())
        }
        #expect(await call.value?.code == .connectFailed)
        #expect(endpoint.calls == 1)
        #expect(retrier.statistics.giveUps == [.cancelled: 1])
    }

    @Test("give the same pauses for the same seed")
    func replays() async throws {
        func pauses() async throws -> [Duration] {
            let time = SteppedTime(skipping: true)
            var configuration = RetryConfiguration()
            configuration.maximumAttempts = 10
            let retrier = try Retrier(configuration, time: time.source, random: FastRandom(seed: 7))
            let endpoint = ScriptedEndpoint([ScriptedAttempt](repeating: .fails(.lost), count: 10))
            let layer = endpoint.retrying(with: retrier)
            _ = await layer.failure(of: ScriptedRequest())
            return time.sleeps
        }
        let first = try await pauses()
        #expect(first.count == 9)
        #expect(try await pauses() == first)
    }
}
