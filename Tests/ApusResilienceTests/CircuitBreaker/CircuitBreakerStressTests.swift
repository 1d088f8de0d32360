// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization
import Testing

@Suite("The circuit breaker under contention", .timeLimit(.minutes(2)))
struct CircuitBreakerStressTests {
    private let time = ManualTime()

    private func breaker(_ change: (inout CircuitBreakerConfiguration) -> Void) throws -> CircuitBreaker {
        var configuration = CircuitBreakerConfiguration()
        change(&configuration)
        return try CircuitBreaker(configuration: configuration, time: time.source)
    }

    /// Runs `work` on so many tasks at once, each with a seed of its own, and adds up what they return.
    private func together(_ tasks: Int, _ work: @escaping @Sendable (inout FastRandom) async -> Int) async -> Int {
        await withTaskGroup(of: Int.self) { group in
            for seed in 0..<tasks {
                group.addTask { @concurrent in
                    var random = FastRandom(seed: UInt64(seed))
                    return await work(&random)
                }
            }
            return await group.reduce(0, +)
        }
    }

    @Test("never has more probes out than permitted, and gives each back", arguments: [1, 3, 7])
    func probes(_ permits: Int) async throws {
        let breaker = try breaker {
            $0.consecutiveFailures = 1
            $0.halfOpenPermits = permits
            $0.probeDeadline = .seconds(3600)
        }
        breaker.record(try breaker.admit(), .failure)
        time.advance(by: .seconds(5))
        let out = Atomic<Int>(0)
        let maximum = Atomic<Int>(0)
        let admitted = await together(8) { random in
            var admitted = 0
            for _ in 0..<2_000 {
                guard let held = HeldPermit(asking: breaker) else { continue }
                let now = out.add(1, ordering: .sequentiallyConsistent).newValue
                maximum.max(now, ordering: .sequentiallyConsistent)
                admitted += 1
                if random.next() % 8 == 0 { await Task.yield() }
                out.subtract(1, ordering: .sequentiallyConsistent)
                switch random.next() % 3 {
                case 0: breaker.record(held, .cancelled)
                case 1: breaker.record(held, .ignored)
                default: _ = held.take()
                }
            }
            return admitted
        }
        #expect(maximum.load(ordering: .sequentiallyConsistent) <= permits)
        let snapshot = breaker.snapshot
        #expect(snapshot.phase == .halfOpen)
        #expect(snapshot.probesOut == 0)
        #expect(snapshot.counters.cancelled + snapshot.counters.ignored == UInt64(admitted))
        #expect(snapshot.counters.rejected == UInt64(16_000 - admitted))
    }

    @Test("counts every outcome and every rejection once, whatever happens meanwhile")
    func countersAddUp() async throws {
        let breaker = try breaker {
            $0.consecutiveFailures = 4
            $0.openDuration = .milliseconds(5)
            $0.probeDeadline = .milliseconds(5)
            $0.slowCallRate = 0.9
            $0.slowCallDuration = .milliseconds(50)
        }
        let time = time
        let rejected = Atomic<Int>(0)
        let recorded = await together(8) { random in
            var recorded = 0
            for step in 0..<4_000 {
                if step % 16 == 0 { time.advance(by: .milliseconds(1)) }
                if random.next() % 512 == 0 {
                    breaker.switchMode(
                        to: [.enabled, .forcedClosed, .metricsOnly, .forcedOpen][Int(random.next() % 4)])
                }
                if random.next() % 512 == 0 { breaker.reset() }
                guard let held = HeldPermit(asking: breaker) else {
                    rejected.add(1, ordering: .relaxed)
                    continue
                }
                if random.next() % 16 == 0 { await Task.yield() }
                let outcomes: [CallOutcome] = [.success, .success, .success, .failure, .cancelled, .ignored]
                breaker.record(held, outcomes[Int(random.next() % 6)])
                recorded += 1
            }
            return recorded
        }
        let counters = breaker.snapshot.counters
        let counted = counters.successes + counters.failures + counters.cancelled + counters.ignored + counters.late
        #expect(counted == UInt64(recorded))
        #expect(counters.rejected == UInt64(rejected.load(ordering: .relaxed)))
        #expect(recorded + rejected.load(ordering: .relaxed) == 32_000)
        #expect(counters.trips > 0)
    }

    @Test("trips at the exact number of failures in a row, not one earlier or later", arguments: [0, 1])
    func exactRun(_ missing: Int) async throws {
        let breaker = try breaker {
            $0.consecutiveFailures = 4_000
            $0.failureRate = nil
        }
        _ = await together(4) { _ in
            for _ in 0..<2_000 { breaker.recordNow(.success) }
            return 0
        }
        _ = await together(4) { _ in
            for _ in 0..<999 { breaker.recordNow(.failure) }
            return 0
        }
        for _ in 0..<(4 - missing) { breaker.recordNow(.failure) }
        #expect(breaker.snapshot.phase == (missing == 0 ? .open : .closed))
        #expect(breaker.snapshot.counters.successes == 8_000)
        #expect(breaker.snapshot.consecutiveFailures == 4_000 - missing)
    }

    @Test("never sees a run that a success has ended, while other threads count successes")
    func successEndsRun() async throws {
        let breaker = try breaker {
            $0.consecutiveFailures = 2
            $0.failureRate = nil
        }
        // The only task that fails makes a success after each failure: there are never two failures in a row.
        let isFailing = Atomic<Bool>(true)
        _ = await together(4) { _ in
            if !isFailing.exchange(false, ordering: .relaxed) {
                for _ in 0..<20_000 { breaker.recordNow(.success) }
            } else {
                for _ in 0..<20_000 {
                    breaker.recordNow(.failure)
                    breaker.recordNow(.success)
                }
            }
            return 0
        }
        #expect(breaker.snapshot.phase == .closed)
        #expect(breaker.snapshot.counters.successes == 80_000)
        #expect(breaker.snapshot.counters.failures == 20_000)
    }

    @Test("loses no success between the buckets of the window")
    func buckets() async throws {
        let breaker = try breaker {
            $0.window = .time(.seconds(3600), buckets: 16)
            $0.consecutiveFailures = 0
        }
        let time = time
        _ = await together(6) { _ in
            for step in 0..<5_000 {
                breaker.recordNow(step % 100 == 99 ? .failure : .success)
                if step % 500 == 0 { time.advance(by: .seconds(30)) }
            }
            return 0
        }
        let snapshot = breaker.snapshot
        #expect(snapshot.windowCalls == 30_000)
        #expect(snapshot.windowFailures == 300)
        #expect(snapshot.counters.successes == 29_700)
    }

    @Test("is asked and changed from within its callbacks by every thread")
    func reentrant() async throws {
        let holder = Mutex<CircuitBreaker?>(nil)
        let told = Atomic<Int>(0)
        var configuration = CircuitBreakerConfiguration()
        configuration.consecutiveFailures = 1
        configuration.historyLength = 0
        let made = try CircuitBreaker(configuration: configuration, time: time.source) { transition in
            guard let breaker = holder.withLock({ $0 }) else { return }
            told.add(1, ordering: .relaxed)
            _ = breaker.snapshot
            if transition.to == .open { breaker.reset() }
        }
        holder.withLock { $0 = made }
        _ = await together(4) { _ in
            for _ in 0..<1_000 { made.recordNow(.failure) }
            return 0
        }
        let snapshot = made.snapshot
        #expect(snapshot.generation == UInt64(told.load(ordering: .relaxed)) + 1, "each transition was told once")
        #expect(snapshot.counters.trips > 0)
        holder.withLock { $0 = nil }
    }
}

extension HeldPermit {
    /// A permit of `breaker`, or nil if it rejects.
    convenience init?(asking breaker: CircuitBreaker) {
        do throws(CallFailure) {
            self.init(try breaker.admit())
        } catch {
            return nil
        }
    }
}

extension CircuitBreaker {
    func record(_ held: HeldPermit, _ outcome: CallOutcome) {
        if let permit = held.take() { record(permit, outcome) }
    }

    /// A call that ends at once, if it is let through.
    func recordNow(_ outcome: CallOutcome) {
        do throws(CallFailure) {
            record(try admit(), outcome)
        } catch {
            #expect(error.code == .breakerOpen)
        }
    }
}
