// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import Synchronization

extension QueueConformance {
    static let ordering: [QueueCheck] = [
        .init("Higher priorities go first, in order within each", needs: .priorities) { subject in
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in seen.append(job.number) }
            for number in 0..<30 {
                let priority: MessagePriority = number % 3 == 0 ? .high : number % 3 == 1 ? .normal : .low
                try await subject.queue.publish(Job(number: number), as: job, .init(priority: priority))
            }
            try await working(subject, configuration(concurrency: 1)) { _ in try await untilEmpty(subject) }
            let expected = [0, 1, 2].flatMap { rest in (0..<30).filter { $0 % 3 == rest } }
            try require(seen.entries, is: expected, "order")
        },
        .init("Messages of a key come one at a time in order, while other keys go on", needs: .orderingKeys) {
            subject in
            let seen = Journal<(key: Int, number: Int)>()
            let running = Mutex<[Int: Int]>([:])
            let overlaps = Tally()
            try subject.queue.subscribe(job) { job, _ in
                let key = job.number % 5
                if running.withLock({
                    $0[key, default: 0] += 1; return $0[key, default: 0]
                }) > 1 {
                    overlaps.increment()
                }
                for _ in 0..<5 { await Task.yield() }
                seen.append((key, job.number))
                running.withLock { $0[key, default: 0] -= 1 }
            }
            try await working(subject, configuration(concurrency: 8)) { _ in
                for number in 0..<200 {
                    try await subject.queue.publish(
                        Job(number: number), as: job, .init(orderingKey: "key \(number % 5)"))
                }
                try await untilEmpty(subject)
            }
            try require(overlaps.value, is: 0, "handlers of one key at the same time")
            for key in 0..<5 {
                let numbers = seen.entries.filter { $0.key == key }.map(\.number)
                try require(numbers, is: (0..<200).filter { $0 % 5 == key }, "order of key \(key)")
            }
        },
        .init(
            "While a message of a key is retried its followers wait, and other keys don't",
            needs: [.orderingKeys, .ownClock]
        ) { subject in
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, delivery in
                seen.append(job.number)
                if job.number == 0, delivery.attempt < 3 { throw HandlerFailed() }
            }
            let messages = try (0..<4).map { number in
                var message = try subject.queue.message(Job(number: number), as: job)
                message.orderingKey = number < 3 ? "a" : "b"
                return message
            }
            try await subject.queue.publish(all: messages)
            try await working(subject) { _ in
                try await eventually("the other key") { seen.entries.contains(3) }
                try await untilEmpty(subject, advancing: .milliseconds(200))
            }
            try require(seen.entries.filter { $0 != 3 }, is: [0, 0, 0, 1, 2], "order")
        },
        .init("A key whose message is dead goes on with the next", needs: .orderingKeys) { subject in
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in
                seen.append(job.number)
                if job.number == 0 { throw MessageRejected("never") }
            }
            for number in 0..<3 {
                try await subject.queue.publish(Job(number: number), as: job, .init(orderingKey: "a"))
            }
            try await working(subject) { _ in try await untilEmpty(subject) }
            try require(seen.entries, is: [0, 1, 2], "order")
            let dead = try await subject.queue.deadMessages()
            try require(dead.count, is: 1, "dead")
        },
        .init("A unique job is stored once while it isn't finished, and again afterwards", needs: .uniqueKeys) {
            subject in
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in seen.append(job.number) }
            let unique = PublishOptions(uniqueKey: "report")
            let first = try await subject.queue.publish(Job(number: 1), as: job, unique)
            let second = try await subject.queue.publish(Job(number: 2), as: job, unique)
            let other = try await subject.queue.publish(Job(number: 3), as: job, .init(uniqueKey: "other"))
            try require([first, second, other], is: [.stored, .duplicate, .stored], "results")
            try await working(subject) { _ in
                try await untilEmpty(subject)
                let third = try await subject.queue.publish(Job(number: 4), as: job, unique)
                try require(third, is: .stored, "after it was handled")
                try await untilEmpty(subject)
            }
            try require(seen.entries.sorted(), is: [1, 3, 4], "handled")
        },
        .init("Of many that publish one unique job at the same time, one succeeds", needs: .uniqueKeys) { subject in
            try subject.queue.subscribe(job) { _, _ in }
            let stored = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await subject.queue.publish(Job(number: number), as: job, .init(uniqueKey: "report"))
                            == .stored
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try require(stored, is: 1, "stored")
            try require(try await statistics(subject).depth, is: 1, "waiting")
        },
        .init("A batch tells for each message whether it is new", needs: .deduplication) { subject in
            try subject.queue.subscribe(job) { _, _ in }
            let messages = try (0..<10).map { try subject.queue.message(Job(number: $0), as: job) }
            try await subject.queue.publish(all: Array(messages[3..<6]))
            let results = try await subject.queue.publish(all: messages)
            let expected = (0..<10).map { (3..<6).contains($0) ? PublishResult.duplicate : .stored }
            try require(results, is: expected, "results")
            try require(try await statistics(subject).depth, is: 10, "waiting")
        },
    ]
}
