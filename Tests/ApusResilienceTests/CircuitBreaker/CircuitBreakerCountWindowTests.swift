// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A circuit breaker that looks at the last so many calls")
struct CircuitBreakerCountWindowTests {
    private func counting(
        _ calls: Int, _ change: (inout CircuitBreakerConfiguration) -> Void = { _ in }
    ) throws -> BreakerUnderTest {
        try BreakerUnderTest {
            $0.consecutiveFailures = 0
            $0.window = .count(calls)
            $0.minimumCalls = calls
            change(&$0)
        }
    }

    @Test("trips at the exact rate of a full window", arguments: [2, 10, 63, 64, 65, 100, 128, 1_000, 1_024])
    func trips(_ size: Int) throws {
        var breaker = try counting(size)
        breaker.call(.success, times: size)
        breaker.call(.failure, times: (size + 1) / 2 - 1)
        #expect(breaker.phase == .closed)
        breaker.call(.failure)
        #expect(breaker.snapshot.reason == .failureRate(failures: (size + 1) / 2, calls: size))
    }

    @Test("forgets the oldest call for each new one", arguments: [1, 3, 64, 100, 1_024])
    func forgetsOldest(_ size: Int) throws {
        var breaker = try counting(size) { $0.failureRate = nil }
        breaker.call(.failure, times: size)
        for left in (0..<size).reversed() {
            breaker.call(.success)
            #expect(breaker.snapshot.windowFailures == left)
            #expect(breaker.snapshot.windowCalls == size)
        }
    }

    @Test("forgets nothing by time alone")
    func noTime() throws {
        var breaker = try counting(10)
        breaker.call(.failure, times: 9)
        breaker.wait(.seconds(1_000_000))
        breaker.call(.failure)
        #expect(breaker.snapshot.reason == .failureRate(failures: 10, calls: 10))
    }

    @Test("may judge before the window is full")
    func minimumBelowWindow() throws {
        var breaker = try counting(100) { $0.minimumCalls = 4 }
        breaker.call(.success, .success, .failure)
        #expect(breaker.phase == .closed)
        breaker.call(.failure)
        #expect(breaker.phase == .open)
    }

    @Test("is empty after a recovery")
    func clears() throws {
        var breaker = try counting(4) { $0.halfOpenPermits = 1 }
        breaker.call(.failure, times: 4)
        breaker.wait(.seconds(5))
        breaker.call(.success, .failure, .failure, .failure)
        #expect(breaker.phase == .closed)
        #expect(breaker.snapshot.windowCalls == 3)
    }

    @Test("counts slow calls in the same window")
    func slow() throws {
        var breaker = try counting(4) {
            $0.slowCallRate = 1
            $0.failureRate = nil
        }
        breaker.call(.success)
        for _ in 0..<3 { breaker.call(.success, taking: .seconds(2)) }
        #expect(breaker.snapshot.windowSlow == 3)
        breaker.call(.success, taking: .seconds(2))
        #expect(breaker.snapshot.reason == .slowCallRate(slow: 4, calls: 4))
    }
}
