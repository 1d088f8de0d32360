// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization
import Testing

@Suite("The circuit breaker around calls")
struct CircuitBreakerDriverTests {
    private let time = ManualTime()

    private func breaker(
        onTransition: (@Sendable (CircuitBreakerTransition) -> Void)? = nil,
        changing change: (inout CircuitBreakerConfiguration) -> Void = { _ in }
    ) throws -> CircuitBreaker {
        var configuration = CircuitBreakerConfiguration()
        configuration.consecutiveFailures = 2
        configuration.halfOpenPermits = 1
        change(&configuration)
        return try CircuitBreaker(
            service: "users", configuration: configuration, time: time.source, onTransition: onTransition)
    }

    private static let lost = CallFailure(.connectionLost, "reset", stage: .response, mayHaveReachedPeer: true)

    private func fail(_ breaker: CircuitBreaker, _ failure: CallFailure = lost) async -> CallFailure? {
        do {
            try await breaker.call { () async throws(CallFailure) in throw failure }
            return nil
        } catch {
            return error
        }
    }

    @Test("gives the result of the call")
    func result() async throws {
        let breaker = try breaker()
        let value = try await breaker.call { () async throws(CallFailure) in 42 }
        #expect(value == 42)
        #expect(breaker.snapshot.counters.successes == 1)
    }

    @Test("rejects with code, service and retryAfter, without making the call")
    func rejects() async throws {
        let breaker = try breaker()
        for _ in 0..<2 { #expect(await fail(breaker)?.code == .connectionLost) }
        time.advance(by: .seconds(2))
        let rejection = try #require(await fail(breaker))
        #expect(rejection.code == .breakerOpen)
        #expect(rejection.service == "users")
        #expect(rejection.stage == .admission)
        #expect(rejection.retryAfter == .seconds(3))
        #expect(!rejection.mayHaveReachedPeer)
        #expect(breaker.snapshot.counters.rejected == 1)
    }

    @Test("goes closed, open, half-open, open, half-open, closed")
    func flow() async throws {
        let seen = Mutex<[CircuitBreakerPhase]>([])
        let breaker = try breaker(onTransition: { transition in seen.withLock { $0.append(transition.to) } })
        _ = await fail(breaker)
        _ = await fail(breaker)
        time.advance(by: .seconds(5))
        _ = await fail(breaker)
        time.advance(by: .seconds(10))
        try await breaker.call { () async throws(CallFailure) in }
        #expect(seen.withLock { $0 } == [.open, .halfOpen, .open, .halfOpen, .closed])
        #expect(breaker.snapshot.phase == .closed)
        try await breaker.call { () async throws(CallFailure) in }
        #expect(breaker.snapshot.counters.successes == 2)
    }

    @Test("counts a success at the border of two buckets into the newer one")
    func bucketBorder() throws {
        let breaker = try breaker()
        for seconds in [1, 9] {
            breaker.record(try breaker.admit(), .success)
            time.advance(by: .seconds(seconds))
        }
        breaker.record(try breaker.admit(), .success)
        #expect(
            breaker.snapshot.windowCalls == 2, "what was counted 10 s ago has left, what was counted 9 s ago has not")
    }

    @Test("has ended a run of failures by a success before the next failure")
    func runEnds() async throws {
        let breaker = try breaker(changing: { $0.failureRate = nil })
        for _ in 0..<100 {
            _ = await fail(breaker)
            try await breaker.call { () async throws(CallFailure) in }
        }
        #expect(breaker.snapshot.phase == .closed)
        #expect(breaker.snapshot.consecutiveFailures == 0)
        _ = await fail(breaker)
        #expect(breaker.snapshot.consecutiveFailures == 1)
    }

    @Test("can be asked from inside its callback")
    func reentrantCallback() async throws {
        let holder = Mutex<CircuitBreaker?>(nil)
        let seen = Mutex<[CircuitBreakerPhase]>([])
        let breaker = try breaker(onTransition: { _ in
            guard let breaker = holder.withLock({ $0 }) else { return }
            seen.withLock { $0.append(breaker.snapshot.phase) }
            if let permit = try? breaker.admit() { breaker.record(permit, .cancelled) }
        })
        holder.withLock { $0 = breaker }
        _ = await fail(breaker)
        _ = await fail(breaker)
        #expect(seen.withLock { $0 } == [.open])
        holder.withLock { $0 = nil }
    }

    @Test("judges results that are errors by value")
    func judges() async throws {
        let breaker = try breaker()
        for _ in 0..<2 {
            let status = try await breaker.call(judging: { CallOutcome(status: $0) }) { () async throws(CallFailure) in
                503
            }
            #expect(status == 503)
        }
        #expect(breaker.snapshot.phase == .open)
    }

    @Test("gives a probe back whose task was cancelled, whatever the call then throws")
    func cancelledProbe() async throws {
        let breaker = try breaker()
        _ = await fail(breaker)
        _ = await fail(breaker)
        time.advance(by: .seconds(5))
        let (started, signal) = AsyncStream.makeStream(of: Void.self)
        let (forever, _) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            try await breaker.call { () async throws(CallFailure) in
                signal.finish()
                for await _ in forever {}
                throw Self.lost
            }
        }
        for await _ in started {}
        #expect(throws: CallFailure.self) { _ = try breaker.admit() }
        task.cancel()
        await #expect(throws: CallFailure.self) { try await task.value }
        #expect(breaker.snapshot.phase == .halfOpen)
        #expect(breaker.snapshot.counters.cancelled == 1)
        try await breaker.call { () async throws(CallFailure) in }
        #expect(breaker.snapshot.phase == .closed)
    }

    @Test("gets the permit of a probe back that is dropped")
    func droppedProbe() async throws {
        let breaker = try breaker()
        _ = await fail(breaker)
        _ = await fail(breaker)
        time.advance(by: .seconds(5))
        for _ in 0..<10 {
            let probe = try breaker.admit()
            #expect(breaker.snapshot.probesOut == 1)
            drop(probe)
            #expect(breaker.snapshot.probesOut == 0)
        }
        #expect(breaker.snapshot.phase == .halfOpen)
        #expect(breaker.snapshot.counters.cancelled == 10)
    }

    @Test("records nothing for a permit that is dropped while it is closed")
    func droppedPermit() throws {
        let breaker = try breaker()
        drop(try breaker.admit())
        #expect(breaker.snapshot.counters.cancelled == 0)
        #expect(breaker.snapshot.figures.calls == 0)
    }

    private func drop(_ permit: consuming CircuitBreakerPermit) {}

    @Test("lives as long as a probe is out")
    func probeKeepsBreaker() throws {
        weak var gone: CircuitBreaker?
        let probe: CircuitBreakerPermit
        do {
            let breaker = try breaker(changing: { $0.consecutiveFailures = 1 })
            breaker.record(try breaker.admit(), .failure)
            time.advance(by: .seconds(5))
            probe = try breaker.admit()
            gone = breaker
        }
        #expect(gone != nil)
        drop(probe)
        #expect(gone == nil)
    }

    @Test("tells in metrics only mode of each signal that one outcome crosses, and rejects nothing")
    func metricsOnly() async throws {
        let seen = Mutex<[CircuitBreakerTripReason?]>([])
        let breaker = try breaker(onTransition: { transition in seen.withLock { $0.append(transition.reason) } }) {
            $0.mode = .metricsOnly
            $0.minimumCalls = 2
        }
        for _ in 0..<10 { #expect(await fail(breaker)?.code == .connectionLost) }
        #expect(seen.withLock { $0 } == [.consecutiveFailures(2), .failureRate(failures: 2, calls: 2)])
        #expect(breaker.snapshot.gauge == 0)
    }

    @Test("switches its mode at run time")
    func switchMode() async throws {
        let breaker = try breaker()
        breaker.switchMode(to: .forcedOpen)
        let rejection = await fail(breaker)
        #expect(rejection?.code == .breakerOpen)
        #expect(rejection?.retryAfter == .seconds(5))
        breaker.switchMode(to: .disabled)
        for _ in 0..<10 { #expect(await fail(breaker)?.code == .connectionLost) }
        breaker.switchMode(to: .enabled)
        #expect(breaker.snapshot.counters.failures == 0)
        #expect(breaker.snapshot.counters.rejected == 1)
        #expect(breaker.snapshot.generation == 4)
        for _ in 0..<2 { _ = await fail(breaker) }
        #expect(breaker.snapshot.phase == .open)
        breaker.reset()
        #expect(try await breaker.call { () async throws(CallFailure) in 1 } == 1)
    }

    @Test("doesn't count the outcome of a call that was let through while it was disabled")
    func permitOfDisabled() throws {
        let breaker = try breaker(changing: { $0.mode = .disabled })
        let early = try breaker.admit()
        breaker.switchMode(to: .enabled)
        breaker.record(early, .failure)
        #expect(breaker.snapshot.consecutiveFailures == 0)
        #expect(breaker.snapshot.counters.late == 0)
    }

    /// Lets nobody pass before so many have come.
    private final class Meeting: Sendable {
        private let missing: Atomic<Int>

        init(of count: Int) {
            missing = Atomic(count)
        }

        func wait() async {
            missing.subtract(1, ordering: .relaxed)
            while missing.load(ordering: .relaxed) > 0 { await Task.yield() }
        }
    }

    @Test("lets 64 calls run at once", .timeLimit(.minutes(1)))
    func parallelCalls() async throws {
        let breaker = try breaker()
        let meeting = Meeting(of: 64)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    try await breaker.call { () async throws(CallFailure) in await meeting.wait() }
                }
            }
            try await group.waitForAll()
        }
        #expect(breaker.snapshot.counters.successes == 64)
    }

    @Test("admits never more probes than permitted under contention", .timeLimit(.minutes(1)))
    func contendedProbes() async throws {
        let breaker = try breaker(changing: { $0.halfOpenPermits = 3 })
        _ = await fail(breaker)
        _ = await fail(breaker)
        time.advance(by: .seconds(5))
        let held = await withTaskGroup(of: HeldPermit?.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    do throws(CallFailure) {
                        return HeldPermit(try breaker.admit())
                    } catch {
                        return nil
                    }
                }
            }
            return await group.reduce(into: []) { held, permit in if let permit { held.append(permit) } }
        }
        #expect(held.count == 3)
        #expect(breaker.snapshot.probesOut == 3)
        #expect(breaker.snapshot.counters.rejected == 61)
    }

    @Test("loses no outcome under contention", .timeLimit(.minutes(1)))
    func contendedCounts() async throws {
        let breaker = try breaker(changing: {
            $0.consecutiveFailures = 0
            $0.failureRate = nil
        })
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for index in 0..<2_000 {
                        guard let permit = try? breaker.admit() else { continue }
                        breaker.record(permit, (index + worker) % 4 == 0 ? .failure : .success)
                    }
                }
            }
        }
        let snapshot = breaker.snapshot
        #expect(snapshot.counters.successes == 12_000)
        #expect(snapshot.counters.failures == 4_000)
        #expect(snapshot.windowCalls == 16_000)
        #expect(snapshot.windowFailures == 4_000)
    }
}

@Suite("The outcome of a call")
struct CallOutcomeTests {
    private func outcome(_ code: CallFailure.Code, _ stage: CallFailure.Stage, status: Int? = nil) -> CallOutcome {
        CallOutcome(CallFailure(code, "", stage: stage, status: status, mayHaveReachedPeer: true))
    }

    @Test("is neither success nor failure if the call was cancelled or never left the process")
    func neither() {
        #expect(outcome(.cancelled, .response) == .cancelled)
        #expect(outcome(.overloaded, .admission) == .cancelled)
        #expect(outcome(.noInstance, .admission) == .cancelled)
        #expect(outcome(.breakerOpen, .admission) == .cancelled)
        #expect(outcome(.deadlineExceeded, .admission) == .cancelled)
    }

    @Test("is a failure if the peer or the way to it failed")
    func failures() {
        #expect(outcome(.connectFailed, .connect) == .failure)
        #expect(outcome(.connectionLost, .response) == .failure)
        #expect(outcome(.deadlineExceeded, .response) == .failure)
        #expect(outcome(.invalidResponse, .response) == .failure)
        #expect(outcome(.unexpectedStatus, .response, status: 503) == .failure)
        #expect(outcome(.unexpectedStatus, .response, status: 429) == .failure)
    }

    @Test("carries what the peer said about coming back, with the statuses that mean it")
    func retryAfter() {
        let wait = Duration.seconds(7)
        #expect(CallOutcome(status: 503, retryAfter: wait) == .failureRetryAfter(wait))
        #expect(CallOutcome(status: 429, retryAfter: wait) == .failureRetryAfter(wait))
        #expect(CallOutcome(status: 500, retryAfter: wait) == .failure)
        #expect(CallOutcome(status: 301, retryAfter: wait) == .success)
        #expect(CallOutcome(status: 503) == .failure)
        let failure = CallFailure(
            .unexpectedStatus, "", stage: .response, status: 503, retryAfter: wait, mayHaveReachedPeer: true)
        #expect(CallOutcome(failure) == .failureRetryAfter(wait))
        #expect(CallOutcome(failure).isFailure)
    }

    @Test("is a success if the peer answered that the caller was wrong")
    func callersFault() {
        #expect(outcome(.unexpectedStatus, .response, status: 404) == .success)
        #expect(outcome(.unexpectedStatus, .response, status: 499) == .success)
    }
}
