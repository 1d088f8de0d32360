// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The history of a circuit breaker")
struct CircuitBreakerHistoryTests {
    @Test("holds each transition with time, reason and figures, oldest first")
    func order() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 2
            $0.halfOpenPermits = 1
        }
        let start = breaker.now
        breaker.call(.success, .failure, .failure)
        breaker.wait(.seconds(6))
        breaker.call(.success)
        let history = breaker.snapshot.history
        #expect(history.map(\.to) == [.open, .halfOpen, .closed])
        #expect(history.map(\.from) == [.closed, .open, .halfOpen])
        #expect(history.map(\.generation) == [2, 3, 4])
        #expect(history.map { start.duration(to: $0.at) } == [.zero, .seconds(5), .seconds(6)])
        #expect(history.map(\.reason) == [.consecutiveFailures(2), nil, nil])
        #expect(history[0].figures.calls == 3)
        #expect(history[0].figures.failures == 2)
        #expect(history[0].figures.consecutiveFailures == 2)
    }

    @Test("is bounded", arguments: [0, 1, 5, 32])
    func bounded(_ length: Int) throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 1
            $0.halfOpenPermits = 1
            $0.historyLength = length
        }
        for _ in 0..<50 {
            breaker.call(.failure)
            breaker.wait(.seconds(5))
            breaker.call(.success)
        }
        #expect(breaker.snapshot.history.count == length)
        #expect(breaker.snapshot.history.map(\.generation) == Array(UInt64(152 - length)..<152))
    }

    @Test("is cut when it is configured shorter")
    func cut() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 1
            $0.halfOpenPermits = 1
        }
        breaker.call(.failure)
        breaker.wait(.seconds(5))
        breaker.call(.success)
        var shorter = CircuitBreakerConfiguration()
        shorter.historyLength = 2
        try breaker.state.reconfigure(shorter, now: breaker.now)
        #expect(breaker.snapshot.history.map(\.to) == [.halfOpen, .closed])
    }

    @Test("can be read as a log")
    func log() throws {
        var breaker = try BreakerUnderTest {
            $0.consecutiveFailures = 2
            $0.halfOpenPermits = 1
        }
        breaker.call(.failure, .failure)
        breaker.wait(.seconds(5))
        breaker.call(.success)
        breaker.state.switchMode(to: .metricsOnly, now: breaker.now)
        breaker.call(.failure, .failure)
        #expect(
            breaker.snapshot.history.map(\.description) == [
                "closed to open: 2 failures in a row", "open to halfOpen", "halfOpen to closed",
                "closed to closed (metricsOnly)", "would have opened: 2 failures in a row",
            ])
        #expect(breaker.snapshot.history[0].reason?.name == "consecutive_failures")
    }
}
