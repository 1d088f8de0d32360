// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization
import Testing

@Suite("The circuit breaker as a layer")
struct BreakerLayerTests {
    private let time = ManualTime()

    private func breaker(_ change: (inout CircuitBreakerConfiguration) -> Void = { _ in }) throws -> CircuitBreaker {
        var configuration = CircuitBreakerConfiguration()
        configuration.consecutiveFailures = 2
        configuration.halfOpenPermits = 1
        change(&configuration)
        return try CircuitBreaker(service: "users", configuration: configuration, time: time.source)
    }

    private static let lost = CallFailure(.connectionLost, "reset", stage: .response, mayHaveReachedPeer: true)

    /// Answers with the status that it is asked for; 0 is a lost connection.
    private let echo = FunctionEndpoint { (status: Int, _) async throws(CallFailure) -> Int in
        if status == 0 { throw BreakerLayerTests.lost }
        return status
    }

    private func code(_ endpoint: some Endpoint<Int, Int>, _ request: Int) async -> CallFailure.Code? {
        do {
            _ = try await endpoint.call(request, in: CallContext())
            return nil
        } catch {
            return error.code
        }
    }

    @Test("passes responses and failures on, and records each once")
    func passes() async throws {
        let breaker = try breaker()
        let endpoint = echo.breaking(breaker)
        #expect(try await endpoint.call(200, in: CallContext()) == 200)
        #expect(await code(endpoint, 0) == .connectionLost)
        #expect(breaker.snapshot.counters.successes == 1)
        #expect(breaker.snapshot.counters.failures == 1)
    }

    @Test("doesn't call when the breaker is open")
    func rejects() async throws {
        let breaker = try breaker()
        let calls = Atomic<Int>(0)
        let failing = FunctionEndpoint { (_: Int, _) async throws(CallFailure) -> Int in
            calls.add(1, ordering: .relaxed)
            throw BreakerLayerTests.lost
        }
        let endpoint = failing.breaking(breaker)
        for _ in 0..<2 { #expect(await code(endpoint, 0) == .connectionLost) }
        for _ in 0..<3 { #expect(await code(endpoint, 0) == .breakerOpen) }
        #expect(calls.load(ordering: .relaxed) == 2)
    }

    @Test("judges responses and failures as it is told")
    func judges() async throws {
        let breaker = try breaker()
        let endpoint = echo.breaking(
            breaker, judging: { CallOutcome(status: $0) },
            failures: { $0.code == .connectionLost ? .ignored : CallOutcome($0) })
        for _ in 0..<10 { _ = await code(endpoint, 0) }
        #expect(breaker.snapshot.counters.ignored == 10)
        _ = await code(endpoint, 404)
        #expect(breaker.snapshot.counters.successes == 1)
        for _ in 0..<2 { #expect(await code(endpoint, 503) == nil) }
        #expect(breaker.snapshot.phase == .open)
    }

    @Test("measures how long a call takes")
    func measures() async throws {
        let breaker = try breaker {
            $0.slowCallRate = 0.5
            $0.minimumCalls = 2
        }
        let time = time
        let slow = FunctionEndpoint { (_: Int, _) async throws(CallFailure) -> Int in
            time.advance(by: .seconds(2))
            return 200
        }
        let endpoint = slow.breaking(breaker)
        for _ in 0..<2 { #expect(await code(endpoint, 0) == nil) }
        #expect(breaker.snapshot.reason == .slowCallRate(slow: 2, calls: 2))
    }

    @Test("gives the probe of a cancelled task back")
    func cancelled() async throws {
        let breaker = try breaker()
        let (started, signal) = AsyncStream.makeStream(of: Void.self)
        let (forever, _) = AsyncStream.makeStream(of: Void.self)
        let endpoint = FunctionEndpoint { (isHanging: Bool, _) async throws(CallFailure) -> Int in
            guard isHanging else { throw BreakerLayerTests.lost }
            signal.finish()
            for await _ in forever {}
            throw BreakerLayerTests.lost
        }.breaking(breaker)
        for _ in 0..<2 { await #expect(throws: CallFailure.self) { try await endpoint.call(false, in: CallContext()) } }
        time.advance(by: .seconds(5))
        let task = Task { try await endpoint.call(true, in: CallContext()) }
        for await _ in started {}
        #expect(breaker.snapshot.probesOut == 1)
        task.cancel()
        await #expect(throws: CallFailure.self) { try await task.value }
        #expect(breaker.snapshot.phase == .halfOpen)
        #expect(breaker.snapshot.probesOut == 0)
        #expect(breaker.snapshot.counters.cancelled == 1)
    }

    @Test("guards with two breakers, each with a record of its own")
    func nested() async throws {
        let (instance, service) = (try breaker(), try breaker())
        let endpoint = echo.breaking(instance).breaking(service)
        for _ in 0..<2 { #expect(await code(endpoint, 0) == .connectionLost) }
        instance.reset()
        #expect(await code(endpoint, 200) == .breakerOpen)
        #expect(service.snapshot.phase == .open)
        service.reset()
        #expect(await code(endpoint, 200) == nil)
    }

    @Test("takes a rejection by a breaker below for no failure of the peer")
    func rejectionBelow() async throws {
        let (instance, service) = (try breaker(), try breaker())
        let endpoint = echo.breaking(instance).breaking(service)
        instance.switchMode(to: .forcedOpen)
        for _ in 0..<10 { #expect(await code(endpoint, 200) == .breakerOpen) }
        #expect(service.snapshot.phase == .closed)
        #expect(service.snapshot.counters.cancelled == 10)
    }
}
