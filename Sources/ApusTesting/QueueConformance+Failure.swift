// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import Foundation

extension QueueConformance {
    static let failure: [QueueCheck] = [
        .init("Of 100 messages, two that fail once come again, the others once", needs: .ownClock) { subject in
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, delivery in
                seen.append(job.number)
                if job.number % 50 == 7, delivery.attempt == 1 { throw HandlerFailed() }
            }
            for number in 0..<100 { try await subject.queue.publish(Job(number: number), as: job) }
            try await working(subject) { _ in try await untilEmpty(subject, advancing: .milliseconds(200)) }
            try require(seen.entries.sorted(), is: (Array(0..<100) + [7, 57]).sorted(), "handled")
        },
        .init(
            "Retries wait as the policy says, and a message that keeps failing is dead with its errors",
            needs: .ownClock
        ) { subject in
            let attempts = Journal<Int>()
            try subject.queue.subscribe(job) { _, delivery in
                attempts.append(delivery.attempt)
                throw MessageFailure("failure \(delivery.attempt)")
            }
            try await subject.queue.publish(Job(number: 1), as: job)
            try await working(subject) { _ in
                try await eventually("the first attempt") { try await isWaiting(subject, after: 1, attempts) }
                subject.clock.advance(by: .milliseconds(999))
                for _ in 0..<50 { await Task.yield() }
                try require(attempts.entries, is: [1], "before the delay has passed")
                subject.clock.advance(by: .milliseconds(2))
                try await eventually("the second attempt") { try await isWaiting(subject, after: 2, attempts) }
                subject.clock.advance(by: .milliseconds(2_001))
                try await eventually("death") { try await statistics(subject).dead == 1 }
            }
            try require(attempts.entries, is: [1, 2, 3], "attempts")
            guard let dead = try await subject.queue.deadMessages().first else { throw ConformanceFailure("none dead") }
            try require(dead.reason, is: .attemptsExhausted, "reason")
            try require(dead.attempts, is: 3, "attempts")
            try require(dead.firstError, is: "failure 1", "first error")
            try require(dead.lastError, is: "failure 3", "last error")
            try require(dead.message.type, is: "job", "type")
        },
        .init("A dead message that is redriven is handled, one that is dropped is gone") { subject in
            let works = Tally()
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in
                guard works.value > 0 else { throw MessageRejected("not yet") }
                seen.append(job.number)
            }
            try await subject.queue.publish(Job(number: 1), as: job)
            try await subject.queue.publish(Job(number: 2), as: job)
            var redriven: [UInt8] = []
            try await working(subject) { _ in
                try await eventually("two dead") { try await statistics(subject).dead == 2 }
                let dead = try await subject.queue.deadMessages()
                try require(dead.map(\.reason), is: [.rejected, .rejected], "reasons")
                try require(dead.map(\.attempts), is: [1, 1], "a rejected message isn't tried again")
                works.increment()
                // Both were in hand: either may have died first.
                redriven = dead[0].message.data
                try require(try await subject.queue.redrive([dead[0].position], in: dead[0].channel), is: 1, "redriven")
                try require(try await subject.queue.drop([dead[1].position], in: dead[1].channel), is: 1, "dropped")
                try await untilEmpty(subject)
            }
            let handled = seen.entries.map { Array("{\"number\":\($0)}".utf8) }
            try require(handled, is: [redriven], "handled")
            try require(try await subject.queue.deadMessages().count, is: 0, "dead")
        },
        .init("An unknown type and an undecodable payload are kept, with the reason") { subject in
            try subject.queue.subscribe(job) { _, _ in }
            try await subject.queue.publish(raw("1", type: "unheard_of", subject))
            try await subject.queue.publish(raw("\"x\"", subject))
            try await working(subject) { _ in
                try await eventually("two dead") { try await statistics(subject).dead == 2 }
            }
            // Both were in hand: either may have died first.
            let dead = try await subject.queue.deadMessages().sorted { "\($0.reason)" < "\($1.reason)" }
            try require(dead.map(\.reason), is: [.undecodable, .unhandled], "reasons")
            try require(dead.map(\.message.data), is: [Array("\"x\"".utf8), Array("1".utf8)], "payloads")
        },
        .init("A handler may put a message off without counting an attempt", needs: .ownClock) { subject in
            let attempts = Journal<Int>()
            try subject.queue.subscribe(job) { _, delivery in
                attempts.append(delivery.attempt)
                if attempts.entries.count < 6 { throw RetryLater(after: .seconds(1), countsAttempt: false, "later") }
            }
            try await subject.queue.publish(Job(number: 1), as: job)
            try await working(subject) { _ in try await untilEmpty(subject, advancing: .milliseconds(500)) }
            try require(attempts.entries, is: [1, 1, 1, 1, 1, 1], "attempts")
            try require(try await statistics(subject).dead, is: 0, "dead")
        },
        .init("A handler that takes too long is cancelled, and the message comes again", needs: .ownClock) { subject in
            let attempts = Journal<Int>()
            let cancellations = Tally()
            try subject.queue.subscribe(job) { _, delivery in
                attempts.append(delivery.attempt)
                guard delivery.attempt == 1 else { return }
                do {
                    try await subject.clock.sleep(for: .seconds(3600))
                } catch {
                    cancellations.increment()
                    throw error
                }
            }
            try await subject.queue.publish(Job(number: 1), as: job)
            try await working(subject, configuration(timeout: .seconds(20))) { _ in
                try await eventually("the first attempt's end") {
                    // Only while handler, heart and poll sleep: a slow extension must not lose the lease meanwhile.
                    if cancellations.value == 0, subject.clock.sleeperCount >= 3 {
                        subject.clock.advance(by: .seconds(1))
                    }
                    return try await isWaiting(subject, after: 1, attempts)
                }
                subject.clock.advance(by: .seconds(2))
                try await eventually("the second attempt") { attempts.entries.count == 2 }
                try await untilEmpty(subject)
            }
            try require(attempts.entries, is: [1, 2], "attempts")
        },
        .init("A message past its expiry is kept as dead and not handled") { subject in
            let seen = Tally()
            try subject.queue.subscribe(job) { _, _ in seen.increment() }
            var message = try subject.queue.message(Job(number: 1), as: job)
            message.expires = .distantPast
            try await subject.queue.publish(message)
            try await working(subject) { _ in
                try await eventually("death") { try await statistics(subject).dead == 1 }
            }
            try require(try await subject.queue.deadMessages().first?.reason, is: .expired, "reason")
            try require(seen.value, is: 0, "handled")
        },
    ]

    struct MessageFailure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    /// Whether the attempt was made, its failure stored, and the worker waits.
    private static func isWaiting(_ subject: Subject, after attempt: Int, _ attempts: Journal<Int>) async throws -> Bool
    {
        guard attempts.entries.count == attempt else { return false }
        let statistics = try await statistics(subject)
        return statistics.waiting == 1 && statistics.inHand == 0 && subject.clock.sleeperCount >= 2
    }
}
