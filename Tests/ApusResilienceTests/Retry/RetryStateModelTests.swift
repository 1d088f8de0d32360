// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

/// What must hold for every call, checked from the outside against what happened.
@Suite("The attempts of a call under random failures")
struct RetryStateModelTests {
    @Test("keep every promise", arguments: 0..<16)
    func promises(_ world: Int) throws {
        try run(seed: UInt64.random(in: 0 ... .max))
    }

    @Test("keep every promise for seeds that are always the same", arguments: 1...8)
    func promisesForKnownSeeds(_ seed: Int) throws {
        try run(seed: UInt64(seed))
    }

    private func run(seed: UInt64) throws {
        var random = FastRandom(seed: seed)
        for call in 0..<400 { try runCall(&random, "seed \(seed), call \(call)") }
    }

    private func runCall(_ random: inout FastRandom, _ note: Comment) throws {
        let configuration = randomConfiguration(&random)
        try #require(configuration.validate().isEmpty, note)
        var state = RetryState(configuration)
        var now: Int64 = 1_000_000_000_000
        let deadline: Int64? =
            random.next() % 4 == 0 ? nil : now + Int64.random(in: 1...20_000_000_000, using: &random)
        let isRepeatable = Bool.random(using: &random)
        var budget = Int.random(in: 0...8, using: &random)
        var failures: [CallFailure] = []

        while true {
            // An attempt begins, takes a while, and fails.
            try #require(deadline.map { now < $0 } ?? true, note)
            if let last = failures.last {
                try #require(failures.count < configuration.maximumAttempts, note)
                try #require(isRepeatable || !failures.contains { $0.mayHaveReachedPeer }, note)
                try #require(last.code != .cancelled, note)
            }
            now += Int64.random(in: 0...1_000_000_000, using: &random)
            let original = randomFailure(&random)
            failures.append(original)
            var failure = original
            let before = budget
            let decision = state.decide(
                after: &failure, isRepeatable: isRepeatable, deadline: deadline.map(Instant.init(nanoseconds:)),
                now: Instant(nanoseconds: now), using: &random,
                withdrawing: {
                    budget -= 1
                    return budget >= 0
                })
            try #require(failure.attempts == failures.count, note)
            try #require(failure.mayHaveReachedPeer == failures.contains { $0.mayHaveReachedPeer }, note)
            try #require(failure.code == original.code && failure.status == original.status, note)
            let expected = reason(
                failures, configuration, isRepeatable: isRepeatable, isPast: deadline.map { now >= $0 } ?? false)
            switch decision {
            case .giveUp(let reason):
                if let expected {
                    try #require(reason == expected, note)
                } else {
                    try #require(reason == .noTimeLeft || reason == .budgetExhausted, note)
                    try #require(reason != .noTimeLeft || deadline != nil, note)
                    try #require(reason != .budgetExhausted || before == 0, note)
                }
                if reason != .budgetExhausted { try #require(budget == before, note) }
                return
            case .retry(let pause, let avoidPrevious, _):
                try #require(expected == nil, note)
                try #require(budget == before - 1, note)
                try #require(pause >= .zero, note)
                if let retryAfter = original.retryAfter {
                    try #require(pause >= retryAfter, note)
                    try #require(pause <= configuration.maximumRetryAfter + configuration.backoff.maximum, note)
                    try #require(!avoidPrevious, note)
                } else {
                    try #require(pause <= configuration.backoff.maximum, note)
                    try #require(pause == .zero || original.mayHaveReachedPeer, note)
                }
                now += pause.nanoseconds
            }
        }
    }

    /// The rules that need neither chance nor budget, in their order.
    private func reason(
        _ failures: [CallFailure], _ configuration: RetryConfiguration, isRepeatable: Bool, isPast: Bool
    ) -> RetryGiveUpReason? {
        guard let last = failures.last else { return nil }
        if last.code == .cancelled { return .cancelled }
        let isNamed =
            switch (last.code, last.status) {
            case (.connectFailed, _), (.connectionLost, _), (.deadlineExceeded, _): true
            case (.unexpectedStatus, .some(let status)):
                [502, 503, 504].contains(status) || status == 429 && last.retryAfter != nil
            default: false
            }
        if !isNamed { return .notRetryable }
        if isPast { return .noTimeLeft }
        if !isRepeatable, failures.contains(where: { $0.mayHaveReachedPeer }) { return .notRepeatable }
        if failures.count >= configuration.maximumAttempts { return .attemptsExhausted }
        if let retryAfter = last.retryAfter, retryAfter > configuration.maximumRetryAfter { return .retryAfterTooLong }
        return nil
    }

    private func randomConfiguration(_ random: inout FastRandom) -> RetryConfiguration {
        var configuration = RetryConfiguration()
        configuration.maximumAttempts = Int.random(in: 1...6, using: &random)
        configuration.backoff.base = .milliseconds(Int.random(in: 1...500, using: &random))
        configuration.backoff.maximum = .milliseconds(Int.random(in: 500...5_000, using: &random))
        configuration.backoff.jitter = Backoff.Jitter.allCases.randomElement(using: &random) ?? .full
        configuration.maximumRetryAfter = .milliseconds(Int.random(in: 0...5_000, using: &random))
        configuration.minimumAttemptTime = .milliseconds(Int.random(in: 0...200, using: &random))
        return configuration
    }

    private func randomFailure(_ random: inout FastRandom) -> CallFailure {
        switch random.next() % 20 {
        case 0: CallFailure(.cancelled, "", stage: .response, mayHaveReachedPeer: true)
        case 1: CallFailure(.invalidResponse, "", stage: .response, mayHaveReachedPeer: true)
        case 2...4: CallFailure(.deadlineExceeded, "", stage: .response, mayHaveReachedPeer: true)
        case 5...9: CallFailure(.connectFailed, "", stage: .connect, mayHaveReachedPeer: false)
        case 10...13: CallFailure(.connectionLost, "", stage: .request, mayHaveReachedPeer: Bool.random(using: &random))
        default:
            CallFailure(
                .unexpectedStatus, "", stage: .response,
                status: [429, 500, 502, 503, 503, 504].randomElement(using: &random),
                retryAfter: Bool.random(using: &random)
                    ? .milliseconds(Int.random(in: 0...6_000, using: &random)) : nil,
                mayHaveReachedPeer: true)
        }
    }
}
