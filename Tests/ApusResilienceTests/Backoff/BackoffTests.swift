// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A back-off")
struct BackoffTests {
    private var random = FastRandom(seed: 1)

    @Test("without jitter doubles up to the maximum")
    mutating func exponential() {
        let backoff = Backoff(base: .milliseconds(100), maximum: .seconds(1), jitter: .none)
        let delays = (1...6).map { backoff.delay(afterAttempt: $0, using: &random) }
        #expect(delays == [100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
    }

    @Test("with a factor of one is constant")
    mutating func constant() {
        let backoff = Backoff(base: .milliseconds(100), factor: 1, jitter: .none)
        for attempt in [1, 2, 100, Int.max] {
            #expect(backoff.delay(afterAttempt: attempt, using: &random) == .milliseconds(100))
        }
    }

    @Test(
        "stays between zero and the maximum for any attempt and jitter", arguments: Backoff.Jitter.allCases,
        [1.0, 1.0001, 2, 100])
    mutating func bounds(_ jitter: Backoff.Jitter, _ factor: Double) {
        let backoff = Backoff(base: .seconds(1), maximum: .seconds(86_400), factor: factor, jitter: jitter)
        for attempt in [Int.min, -1, 0, 1, 2, 3, 62, 63, 64, 65, 1_000, 1_024, 1_000_000, .max] {
            for previous in [nil, Duration.zero, .seconds(-5), .seconds(10), .seconds(86_400), .seconds(Int64.max)] {
                let delay = backoff.delay(afterAttempt: attempt, previous: previous, using: &random)
                #expect(delay >= .zero)
                #expect(delay <= .seconds(86_400))
            }
        }
    }

    @Test("with full jitter spreads from zero to the delay")
    mutating func full() {
        let backoff = Backoff(base: .milliseconds(100), jitter: .full)
        let delays = (0..<2_000).map { _ in backoff.delay(afterAttempt: 3, using: &random).milliseconds }
        #expect(delays.allSatisfy { $0 >= 0 && $0 <= 400 })
        #expect(delays.contains { $0 < 20 } && delays.contains { $0 > 380 })
        #expect(abs(delays.reduce(0, +) / 2_000 - 200) < 15)
    }

    @Test("with equal jitter never goes below half of the delay")
    mutating func equal() {
        let backoff = Backoff(base: .milliseconds(100), jitter: .equal)
        let delays = (0..<2_000).map { _ in backoff.delay(afterAttempt: 3, using: &random).milliseconds }
        #expect(delays.allSatisfy { $0 >= 200 && $0 <= 400 })
        #expect(delays.contains { $0 < 210 } && delays.contains { $0 > 390 })
    }

    @Test("with decorrelated jitter stays between the base and three times the previous delay")
    mutating func decorrelated() {
        let backoff = Backoff(base: .milliseconds(100), maximum: .seconds(10), jitter: .decorrelated)
        for _ in 0..<100 {
            var sequence = BackoffSequence(backoff)
            var previous = Duration.milliseconds(100)
            for _ in 0..<20 {
                let delay = sequence.next(using: &random)
                #expect(delay >= .milliseconds(100))
                #expect(delay <= min(previous * 3, .seconds(10)))
                previous = delay
            }
        }
    }

    @Test("gives the same delays for the same seed")
    func replays() {
        var first = FastRandom(seed: 9)
        var second = FastRandom(seed: 9)
        var one = BackoffSequence(Backoff())
        var other = BackoffSequence(Backoff())
        for _ in 0..<20 { #expect(one.next(using: &first) == other.next(using: &second)) }
    }

    @Test("starts afresh after a reset")
    mutating func reset() {
        var sequence = BackoffSequence(Backoff(base: .milliseconds(100), jitter: .none))
        _ = sequence.next(using: &random)
        #expect(sequence.next(using: &random) == .milliseconds(200))
        #expect(sequence.attempts == 2)
        sequence.reset()
        #expect(sequence.next(using: &random) == .milliseconds(100))
    }

    @Test(
        "names the key of what is wrong",
        arguments: [
            (Backoff(base: .zero), "base"), (Backoff(base: .seconds(2), maximum: .seconds(1)), "maximum"),
            (Backoff(maximum: .seconds(86_401)), "maximum"), (Backoff(factor: 0.5), "factor"),
            (Backoff(factor: .nan), "factor"),
            (Backoff(factor: .infinity), "factor"),
        ])
    func validates(_ backoff: Backoff, _ key: String) {
        #expect(backoff.validate().map(\.key) == [key])
    }
}
