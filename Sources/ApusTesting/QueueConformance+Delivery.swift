// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging

extension QueueConformance {
    static let delivery: [QueueCheck] = [
        .init("100 messages arrive with payload, id and headers") { subject in
            let seen = Journal<(Job, Message)>()
            try subject.queue.subscribe(job) { job, delivery in seen.append((job, delivery.message)) }
            let requestID = RequestID("conformance-1")
            var random = FastRandom(seed: 1)
            let trace = TraceContext(using: &random)
            try await working(subject) { _ in
                try await CallContext.$current.withValue(CallContext(requestID: requestID, trace: trace)) {
                    for number in 0..<100 {
                        try await subject.queue.publish(Job(number: number), as: job, id: "id \(number)")
                    }
                }
                try await eventually("100 messages") { seen.entries.count == 100 }
            }
            for (job, message) in seen.entries {
                try require(message.id, is: "id \(job.number)", "id")
                try require(message.requestID, is: requestID, "request id")
                try require(message.trace, is: trace, "trace")
                try require(message.source, is: subject.queue.configuration.source, "source")
            }
            try require(Set(seen.entries.map(\.0.number)).count, is: 100, "different messages")
        },
        .init("5,000 messages with 50 handlers at a time: each once, never more at a time") { subject in
            let seen = Journal<Int>()
            let running = Tally()
            let done = Tally()
            let most = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in
                most.append(running.increment() - done.value)
                await Task.yield()
                seen.append(job.number)
                done.increment()
            }
            let messages = try (0..<5_000).map {
                try subject.queue.message(Job(number: $0), as: job)
            }
            try await subject.queue.publish(all: messages)
            try await working(subject, configuration(concurrency: 50)) { _ in try await untilEmpty(subject) }
            try require(seen.entries.sorted(), is: Array(0..<5_000), "messages")
            try require((most.entries.max() ?? 0) <= 50, "\(most.entries.max() ?? 0) handlers at a time")
        },
        .init("One handler at a time gets messages in the order of publishing") { subject in
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in seen.append(job.number) }
            for number in 0..<200 { try await subject.queue.publish(Job(number: number), as: job) }
            try await working(subject, configuration(concurrency: 1)) { _ in try await untilEmpty(subject) }
            try require(seen.entries, is: Array(0..<200), "order")
        },
        .init("Without acknowledgement the next isn't delivered to a single handler") { subject in
            let gate = Gate()
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in
                seen.append(job.number)
                await gate.wait()
            }
            for number in 0..<2 { try await subject.queue.publish(Job(number: number), as: job) }
            try await working(subject, configuration(concurrency: 1)) { _ in
                await gate.reached()
                for _ in 0..<100 { await Task.yield() }
                try require(seen.entries, is: [0], "before the acknowledgement")
                gate.open()
                try await untilEmpty(subject)
            }
            try require(seen.entries, is: [0, 1], "after the acknowledgement")
        },
        .init("A message published while the worker is idle wakes it without any clock moving", needs: .ownClock) {
            subject in
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in seen.append(job.number) }
            try await working(subject) { _ in
                try await eventually("an idle worker") { subject.clock.sleeperCount >= 2 }
                try await subject.queue.publish(Job(number: 1), as: job)
                try await eventually("the message") { seen.entries == [1] }
            }
        },
        .init("A delayed message comes when it is due, not before", needs: [.delays, .ownClock]) { subject in
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in seen.append(job.number) }
            try await working(subject) { _ in
                try await subject.queue.publish(Job(number: 1), as: job, .init(delay: .milliseconds(1_500)))
                try await subject.queue.publish(Job(number: 2), as: job)
                try await eventually("the message without delay") { seen.entries == [2] }
                try await eventually("an idle worker") { subject.clock.sleeperCount >= 2 }
                subject.clock.advance(by: .milliseconds(1_499))
                for _ in 0..<50 { await Task.yield() }
                try require(seen.entries, is: [2], "before it is due")
                subject.clock.advance(by: .milliseconds(2))
                try await eventually("the delayed message") { seen.entries == [2, 1] }
            }
        },
        .init("The same id again has no effect, also after it was handled", needs: .deduplication) { subject in
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in seen.append(job.number) }
            let first = try await subject.queue.publish(Job(number: 1), as: job, id: "same")
            let second = try await subject.queue.publish(Job(number: 2), as: job, id: "same")
            try require(first, is: .stored, "first")
            try require(second, is: .duplicate, "second")
            try await working(subject) { _ in
                try await untilEmpty(subject)
                let third = try await subject.queue.publish(Job(number: 3), as: job, id: "same")
                try require(third, is: .duplicate, "after it was handled")
                try await subject.queue.publish(Job(number: 4), as: job)
                try await untilEmpty(subject)
            }
            try require(seen.entries, is: [1, 4], "handled")
        },
        .init("A full queue refuses, typed, and takes again when there is room") { subject in
            let capacity = subject.queue.configuration.capacity
            try subject.queue.subscribe(job) { _, _ in }
            let messages = try (0..<capacity).map { try subject.queue.message(Job(number: $0), as: job) }
            for start in stride(from: 0, to: capacity, by: 1_000) {
                try await subject.queue.publish(all: Array(messages[start..<min(start + 1_000, capacity)]))
            }
            do {
                try await subject.queue.publish(Job(number: -1), as: job)
                throw ConformanceFailure("it took more than its capacity")
            } catch let error as MessagingError {
                try require(error.code, is: .overloaded, "code")
                try require(error.retryAfter != nil, "no retryAfter")
            }
            let claimed = try await subject.store.claim(1, from: subject.queue.channel, lease: .seconds(30))
            _ = try await subject.store.settle(claimed[0], .done)
            try await subject.queue.publish(Job(number: -1), as: job)
            try await refuses(.overloaded) { try await subject.queue.publish(Job(number: -2), as: job) }
        },
        .init("Of a batch that doesn't fit nothing is stored", needs: .atomicBatches) { subject in
            try subject.queue.subscribe(job) { _, _ in }
            let messages = try (0...subject.queue.configuration.capacity).map {
                try subject.queue.message(Job(number: $0), as: job)
            }
            try await refuses(.overloaded) { try await subject.queue.publish(all: messages) }
            try require(try await statistics(subject).depth, is: 0, "stored")
        },
        .init("A message that is too large or no JSON is refused, typed") { subject in
            let large = raw("\"\(String(repeating: "x", count: 300_000))\"", subject)
            try await refuses(.tooLarge) { try await subject.queue.publish(large) }
            let broken = raw("{", subject)
            try await refuses(.invalid) { try await subject.queue.publish(broken) }
            try require(try await statistics(subject).depth, is: 0, "stored")
        },
    ]

    static func refuses(
        _ code: MessagingError.Code, _ body: () async throws -> Void, file: String = #fileID, line: Int = #line
    ) async throws {
        do {
            try await body()
        } catch let error as MessagingError {
            return try require(error.code, is: code, "code", file: file, line: line)
        }
        throw ConformanceFailure("not refused with \(code)", file: file, line: line)
    }
}
