// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusResilience
import Foundation
import Testing

@Suite("What becomes of a message that failed")
struct RetryPolicyTests {
    struct Failure: Error, CustomStringConvertible { let description = "broken" }

    let policy = RetryPolicy(
        maximumAttempts: 3, maximumAge: .seconds(100),
        backoff: Backoff(base: .seconds(1), maximum: .seconds(10), jitter: .none))

    private func settlement(_ attempt: Int, _ error: any Error, age: Duration = .zero) -> Settlement {
        var random = FastRandom(seed: 1)
        let delivery = Delivery(
            message: Message(id: "1", type: "t", source: "/s", created: .distantPast, data: []), channel: .local,
            attempt: attempt, token: 1,
            position: QueuePosition(1))
        return policy.settlement(of: delivery, age: age, after: error, using: &random)
    }

    @Test("grows the delay and gives up after the last attempt")
    func attempts() {
        #expect(settlement(1, Failure()) == .retry(after: .seconds(1), error: "broken"))
        #expect(settlement(2, Failure()) == .retry(after: .seconds(2), error: "broken"))
        #expect(settlement(3, Failure()) == .dead(.attemptsExhausted, error: "broken"))
        #expect(settlement(1, Failure(), age: .seconds(101)) == .dead(.expired, error: "broken"))
    }

    @Test("obeys errors that say what they want")
    func wishes() {
        #expect(settlement(1, MessageRejected("no")) == .dead(.rejected, error: "no"))
        #expect(settlement(1, RetryLater(after: .seconds(7), "later")) == .retry(after: .seconds(7), error: "later"))
        #expect(settlement(3, RetryLater(after: .seconds(7), "later")) == .dead(.attemptsExhausted, error: "later"))
        #expect(
            settlement(9, RetryLater(after: .seconds(7), countsAttempt: false, "later"))
                == .giveBack(after: .seconds(7)))
        #expect(
            settlement(1, MessagingError(.undecodable, "no job"))
                == .dead(.undecodable, error: "undecodable: no job"))
    }

    @Test("keeps of an error what a database takes")
    func text() {
        #expect(settlement(1, MessageRejected("a\0b")) == .dead(.rejected, error: "ab"))
        let long = String(repeating: "é", count: 2_000)
        #expect(settlement(1, MessageRejected(long)) == .dead(.rejected, error: String(long.prefix(1_000))))
    }

    @Test("names every problem of a configuration")
    func validation() {
        let configuration = WorkerConfiguration(
            concurrency: 0, lease: .zero, handlerTimeout: .zero, retry: RetryPolicy(maximumAttempts: 0),
            pollInterval: .zero, drainTimeout: .seconds(-1))
        #expect(
            configuration.validate().map(\.key)
                == ["retry.maximumAttempts", "concurrency", "lease", "handlerTimeout", "pollInterval", "drainTimeout"])
        let queue = QueueConfiguration(
            source: "", capacity: 0, maximumBytes: 0, deduplicationWindow: .seconds(-1), deadRetention: .zero,
            deadCapacity: 0)
        #expect(
            queue.validate().map(\.key)
                == ["source", "capacity", "maximumBytes", "deduplicationWindow", "deadRetention", "deadCapacity"])
    }
}
