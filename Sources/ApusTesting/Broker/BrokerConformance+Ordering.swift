// SPDX-License-Identifier: Apache-2.0
import ApusMessaging

extension BrokerConformance {
    static let ordering: [Check] = [
        .init("Messages of a key come to each service one at a time and in order, also while some are tried again") {
            subject in
            let outbox = try outbox(subject)
            let books = (0..<3).map { _ in KeyedJobs() }
            let subscribers = try (0..<6).map { number in
                try subscriber("service \(number / 2)", subject, concurrency: 8) { queue in
                    let book = books[number / 2]
                    try queue.subscribe(job) { job, delivery in
                        book.begin(job.number % 5)
                        for _ in 0..<5 { await Task.yield() }
                        let fails = job.number % 20 == 7 && delivery.attempt == 1
                        book.end(job.number, job.number % 5, isDone: !fails)
                        if fails { throw QueueConformance.HandlerFailed() }
                    }
                }
            }
            try await running(subscribers, outbox, subject) {
                try await untilSubscribed(3, subject)
                for number in 0..<200 {
                    try await outbox.publish(Job(number: number), as: job, .init(orderingKey: "key \(number % 5)"))
                }
                try await eventually("everything handled", within: .seconds(60)) {
                    subject.clock.advance(by: .milliseconds(200))
                    return books.allSatisfy { $0.done.count >= 200 }
                }
                try await eventually("an empty broker") {
                    try await subject.broker.statistics().values.allSatisfy { $0.depth == 0 }
                }
            }
            for (number, book) in books.enumerated() {
                try require(book.overlaps, is: 0, "handlers of one key at the same time, of service \(number)")
                for key in 0..<5 {
                    let expected = (0..<200).filter { $0 % 5 == key }
                    try require(book.done.filter { $0 % 5 == key }, is: expected, "order of key \(key)")
                }
            }
        }
    ]
}
