// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The attempts of a call")
struct RetryStateTests {
    private static let now = Instant(nanoseconds: 1_000_000_000_000)

    private static let lost = CallFailure(.connectionLost, "reset", stage: .response, mayHaveReachedPeer: true)
    private static let refused = CallFailure(.connectFailed, "refused", stage: .connect, mayHaveReachedPeer: false)

    private static func status(_ status: Int, retryAfter: Duration? = nil) -> CallFailure {
        CallFailure(
            .unexpectedStatus, "answered \(status)", stage: .response, status: status, retryAfter: retryAfter,
            mayHaveReachedPeer: true)
    }

    /// A call with a back-off that isn't spread.
    private struct Call {
        var state: RetryState
        var random = FastRandom(seed: 1)
        var isRepeatable = true
        var deadline: Instant?
        var now = RetryStateTests.now

        init(changing change: (inout RetryConfiguration) -> Void = { _ in }) {
            var configuration = RetryConfiguration()
            configuration.backoff.jitter = .none
            change(&configuration)
            state = RetryState(configuration)
        }

        mutating func fails(
            _ failure: CallFailure, isCancelled: Bool = false, withdrawing withdraw: () -> Bool = { true }
        ) -> RetryDecision {
            var failure = failure
            return fails(&failure, isCancelled: isCancelled, withdrawing: withdraw)
        }

        mutating func fails(
            _ failure: inout CallFailure, isCancelled: Bool = false, withdrawing withdraw: () -> Bool = { true }
        ) -> RetryDecision {
            state.decide(
                after: &failure, isRepeatable: isRepeatable, isCancelled: isCancelled, deadline: deadline, now: now,
                using: &random, withdrawing: withdraw)
        }
    }

    private func pause(_ decision: RetryDecision) -> Duration? {
        if case .retry(let pause, _, _) = decision { pause } else { nil }
    }

    // MARK: how often

    @Test("are at most so many, the first included", arguments: [1, 2, 3, 10])
    func maximum(_ maximum: Int) {
        var call = Call { $0.maximumAttempts = maximum }
        for _ in 1..<maximum { #expect(pause(call.fails(Self.lost)) != nil) }
        #expect(call.fails(Self.lost) == .giveUp(.attemptsExhausted))
        #expect(call.state.attempts == maximum)
    }

    @Test("count what was never sent as well")
    func countsNeverSent() {
        var call = Call { $0.maximumAttempts = 2 }
        #expect(pause(call.fails(Self.refused)) == .zero)
        #expect(call.fails(Self.refused) == .giveUp(.attemptsExhausted))
    }

    @Test("ask the budget last, and end without it")
    func budget() {
        var call = Call()
        #expect(call.fails(Self.lost, withdrawing: { false }) == .giveUp(.budgetExhausted))

        var asked = 0
        let ask = {
            asked += 1
            return true
        }
        call = Call()
        call.isRepeatable = false
        _ = call.fails(Self.lost, withdrawing: ask)
        call = Call()
        _ = call.fails(Self.status(404), withdrawing: ask)
        call = Call { $0.maximumAttempts = 1 }
        _ = call.fails(Self.lost, withdrawing: ask)
        call = Call()
        call.deadline = Self.now.advanced(by: .milliseconds(1))
        _ = call.fails(Self.lost, withdrawing: ask)
        _ = call.fails(Self.lost, isCancelled: true, withdrawing: ask)
        #expect(asked == 0)
        call = Call()
        _ = call.fails(Self.refused, withdrawing: ask)
        #expect(asked == 1)
    }

    // MARK: what

    @Test("are not repeated if a peer may have seen a request that must not be")
    func notRepeatable() {
        for failure in [Self.lost, Self.status(503), Self.status(429, retryAfter: .seconds(1))] {
            var call = Call()
            call.isRepeatable = false
            #expect(call.fails(failure) == .giveUp(.notRepeatable))
        }
    }

    @Test("are repeated whatever the request is if no peer can have seen it")
    func neverSent() {
        var call = Call()
        call.isRepeatable = false
        #expect(call.fails(Self.refused) == .retry(after: .zero, avoidPrevious: true, .notSent))
        var unsent = Self.lost
        unsent.mayHaveReachedPeer = false
        unsent.stage = .request
        #expect(call.fails(unsent) == .retry(after: .zero, avoidPrevious: true, .notSent))
    }

    @Test("remember that an attempt before may have been seen")
    func remembersSent() {
        var call = Call()
        #expect(pause(call.fails(Self.lost)) != nil)
        call.isRepeatable = false
        #expect(call.fails(Self.refused) == .giveUp(.notRepeatable))
    }

    @Test("are repeated for the statuses that are named", arguments: [502, 503, 504])
    func statuses(_ status: Int) {
        var call = Call()
        #expect(call.fails(Self.status(status)) == .retry(after: .milliseconds(100), avoidPrevious: true, .status))
    }

    @Test("are not repeated for other statuses", arguments: [400, 404, 408, 409, 429, 500, 501])
    func otherStatuses(_ status: Int) {
        var call = Call()
        #expect(call.fails(Self.status(status)) == .giveUp(.notRetryable))
    }

    @Test("are repeated for 429 only when the peer says when")
    func tooManyRequests() {
        var call = Call()
        #expect(
            call.fails(Self.status(429, retryAfter: .seconds(1)))
                == .retry(after: .milliseconds(1_100), avoidPrevious: false, .status))
    }

    @Test(
        "are not repeated after a rejection of this process",
        arguments: [CallFailure.Code.breakerOpen, .overloaded, .noInstance, .invalidResponse])
    func rejections(_ code: CallFailure.Code) {
        var call = Call()
        let failure = CallFailure(
            code, "no", stage: .admission, retryAfter: .milliseconds(1), mayHaveReachedPeer: false)
        #expect(call.fails(failure) == .giveUp(.notRetryable))
    }

    @Test("wait before a rejection of this process is tried again, if it is named")
    func namedRejection() {
        var call = Call { $0.failures.codes.insert(.overloaded) }
        call.isRepeatable = false
        let failure = CallFailure(.overloaded, "no", stage: .admission, mayHaveReachedPeer: false)
        #expect(call.fails(failure) == .retry(after: .milliseconds(100), avoidPrevious: true, .notSent))
    }

    @Test("end at once when the caller has gone away, whatever failed")
    func cancelled() {
        var call = Call()
        #expect(call.fails(Self.refused, isCancelled: true) == .giveUp(.cancelled))
        let cancelled = CallFailure(.cancelled, "gone", stage: .response, mayHaveReachedPeer: true)
        #expect(call.fails(cancelled) == .giveUp(.cancelled))
    }

    // MARK: when

    @Test("pause as the back-off says")
    func backoff() {
        var call = Call { $0.maximumAttempts = 10 }
        let pauses = (1...4).map { _ in pause(call.fails(Self.lost)) }
        #expect(pauses == [100, 200, 400, 800].map { .milliseconds($0) })
    }

    @Test("don't spend a step of the back-off on what was never sent")
    func immediate() {
        var call = Call { $0.maximumAttempts = 10 }
        #expect(pause(call.fails(Self.refused)) == .zero)
        #expect(pause(call.fails(Self.lost)) == .milliseconds(100))
        #expect(pause(call.fails(Self.refused)) == .zero)
        #expect(pause(call.fails(Self.lost)) == .milliseconds(200))
    }

    @Test("wait as long as the peer asks, never less, then start the back-off afresh")
    func retryAfter() {
        var call = Call { $0.maximumAttempts = 10 }
        _ = call.fails(Self.lost)
        _ = call.fails(Self.lost)
        #expect(pause(call.fails(Self.status(503, retryAfter: .seconds(2)))) == .milliseconds(2_100))
        #expect(pause(call.fails(Self.lost)) == .milliseconds(200))
        #expect(pause(call.fails(Self.status(503, retryAfter: .zero))) == .milliseconds(100))
        #expect(pause(call.fails(Self.status(503, retryAfter: .seconds(-5)))) == .milliseconds(100))
    }

    @Test("spread what they are told to wait, so that not all come back together")
    func retryAfterSpread() {
        var pauses: Set<Duration> = []
        for seed in 0..<100 {
            var call = Call { $0.backoff.jitter = .full }
            call.random = FastRandom(seed: UInt64(seed))
            guard let pause = pause(call.fails(Self.status(503, retryAfter: .seconds(1)))) else { continue }
            #expect(pause >= .seconds(1) && pause <= .milliseconds(1_100))
            pauses.insert(pause)
        }
        #expect(pauses.count > 90)
    }

    @Test("end if the peer asks for more than is waited for")
    func retryAfterTooLong() {
        var call = Call { $0.maximumRetryAfter = .seconds(5) }
        #expect(pause(call.fails(Self.status(503, retryAfter: .seconds(5)))) != nil)
        call = Call { $0.maximumRetryAfter = .seconds(5) }
        let longer = Duration.seconds(5) + .nanoseconds(1)
        #expect(call.fails(Self.status(503, retryAfter: longer)) == .giveUp(.retryAfterTooLong))
        #expect(call.fails(Self.status(503, retryAfter: .seconds(Int64.max))) == .giveUp(.retryAfterTooLong))
    }

    @Test("end at once if the pause reaches the deadline")
    func deadline() {
        for (left, retries) in [(99, false), (100, false), (101, true)] {
            var call = Call()
            call.deadline = Self.now.advanced(by: .milliseconds(left))
            #expect(
                call.fails(Self.lost)
                    == (retries
                        ? .retry(after: .milliseconds(100), avoidPrevious: true, .connectionLost)
                        : .giveUp(.noTimeLeft)))
        }
    }

    @Test("end at once if a Retry-After reaches past the deadline")
    func retryAfterDeadline() {
        var call = Call()
        call.deadline = Self.now.advanced(by: .seconds(1))
        #expect(call.fails(Self.status(503, retryAfter: .seconds(1))) == .giveUp(.noTimeLeft))
    }

    @Test("end at once if what an attempt takes doesn't fit before the deadline")
    func minimumAttemptTime() {
        for (left, retries) in [(149, false), (150, true)] {
            var call = Call { $0.minimumAttemptTime = .milliseconds(50) }
            call.deadline = Self.now.advanced(by: .milliseconds(left))
            #expect((pause(call.fails(Self.lost)) != nil) == retries)
            call.now = Self.now.advanced(by: .milliseconds(left - 50))
            #expect(call.state.mayBegin(now: call.now, deadline: call.deadline))
            #expect(!call.state.mayBegin(now: call.now.advanced(by: .nanoseconds(1)), deadline: call.deadline))
        }
    }

    @Test("tell an attempt whose own time was up from a call whose time is up")
    func attemptTimeout() {
        let late = CallFailure(.deadlineExceeded, "late", stage: .response, mayHaveReachedPeer: true)
        var call = Call()
        call.deadline = Self.now.advanced(by: .seconds(1))
        #expect(call.fails(late) == .retry(after: .milliseconds(100), avoidPrevious: true, .attemptTimeout))
        call.now = Self.now.advanced(by: .seconds(1))
        #expect(call.fails(late) == .giveUp(.noTimeLeft))
        call = Call()
        call.isRepeatable = false
        #expect(call.fails(late) == .giveUp(.notRepeatable))
    }

    // MARK: what is told

    @Test("tell in the last failure how many they were, those below included")
    func attempts() {
        var call = Call()
        var failure = Self.lost
        _ = call.fails(&failure)
        #expect(failure.attempts == 1)
        failure = Self.lost
        failure.attempts = 2
        _ = call.fails(&failure)
        #expect(failure.attempts == 3)
        #expect(call.state.attempts == 3)
        #expect(call.fails(Self.lost) == .giveUp(.attemptsExhausted))
    }

    @Test("tell in the last failure whether any of them may have been seen")
    func mayHaveReachedPeer() {
        var call = Call()
        var failure = Self.lost
        _ = call.fails(&failure)
        failure = Self.refused
        #expect(pause(call.fails(&failure)) == .zero)
        #expect(failure.mayHaveReachedPeer)
    }
}

@Suite("The configuration of retries")
struct RetryConfigurationTests {
    @Test("is valid as it comes")
    func defaults() {
        #expect(RetryConfiguration().validate().isEmpty)
    }

    private typealias Change = @Sendable (inout RetryConfiguration) -> Void

    private static let wrong: [(key: String, change: Change)] = [
        ("maximumAttempts", { $0.maximumAttempts = 0 }),
        ("maximumAttempts", { $0.maximumAttempts = 101 }),
        ("backoff.base", { $0.backoff.base = .zero }),
        ("backoff.factor", { $0.backoff.factor = .nan }),
        ("failures.codes", { $0.failures.codes.insert(.cancelled) }),
        ("failures.codes", { $0.failures.codes.insert(.unexpectedStatus) }),
        ("failures.statuses", { $0.failures.statuses = [200] }),
        ("failures.statusesWithRetryAfter", { $0.failures.statusesWithRetryAfter = [600] }),
        ("maximumRetryAfter", { $0.maximumRetryAfter = .seconds(-1) }),
        ("minimumAttemptTime", { $0.minimumAttemptTime = .seconds(3_601) }),
        ("attemptTimeout", { $0.attemptTimeout = .zero }),
    ]

    @Test("names the key of what is wrong", arguments: wrong.indices)
    func names(_ index: Int) {
        var configuration = RetryConfiguration()
        Self.wrong[index].change(&configuration)
        #expect(configuration.validate().map(\.key) == [Self.wrong[index].key])
        #expect(throws: InvalidConfiguration.self) { try Retrier(configuration) }
    }

    @Test("reports every problem at once")
    func all() {
        var configuration = RetryConfiguration()
        configuration.maximumAttempts = 0
        configuration.failures.statuses = [99, 700]
        configuration.attemptTimeout = .zero
        #expect(
            configuration.validate().map(\.key)
                == ["maximumAttempts", "failures.statuses", "failures.statuses", "attemptTimeout"])
    }
}
