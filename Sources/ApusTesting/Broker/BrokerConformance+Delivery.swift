// SPDX-License-Identifier: Apache-2.0
import ApusMessaging

extension BrokerConformance {
    static let delivery: [Check] = [
        .init("Each of many services handles each message once, by one of its two instances") { subject in
            let (services, messages) = (subject.scale.services, subject.scale.messages)
            let outbox = try outbox(subject)
            let books = (0..<services).map { _ in CountedJobs(messages) }
            let subscribers = try (0..<2 * services).map { number in
                try subscriber("service \(number / 2)", subject) { queue in
                    let book = books[number / 2]
                    try queue.subscribe(job) { job, _ in book.count(job.number) }
                }
            }
            try await running(subscribers, outbox, subject) {
                try await untilSubscribed(services, subject)
                let batch = try (0..<messages).map { try outbox.message(Job(number: $0), as: job) }
                for start in stride(from: 0, to: messages, by: 500) {
                    try await outbox.publish(all: Array(batch[start..<min(start + 500, messages)]))
                }
                try await eventually("everything handled", within: .seconds(120)) {
                    books.allSatisfy { $0.total >= messages }
                }
                try await eventually("an empty broker", within: .seconds(30)) {
                    try await subject.broker.statistics().values.allSatisfy { $0.depth == 0 }
                }
            }
            for (number, book) in books.enumerated() {
                try require(book.faults, is: [], "of service \(number): jobs, and how often they were handled")
            }
            let dead = try await subject.broker.statistics().values.map(\.dead).reduce(0, +)
            try require(dead, is: 0, "dead")
        },
        .init("A service gets what it wants and nothing else, and nobody gets what a service alone wants") { subject in
            let outbox = try outbox(subject)
            let (jobs, notes, both) = (Journal<Int>(), Journal<Int>(), Journal<Int>())
            let subscribers = [
                try subscriber("jobs", subject) { try $0.subscribe(job) { job, _ in jobs.append(job.number) } },
                try subscriber("notes", subject) { try $0.subscribe(note) { job, _ in notes.append(job.number) } },
                try subscriber("both", subject) { queue in
                    try queue.subscribe(job) { job, _ in both.append(job.number) }
                    try queue.subscribe(note) { job, _ in both.append(job.number) }
                },
            ]
            try await running(subscribers, outbox, subject) {
                try await untilSubscribed(3, subject)
                try await publish(0..<50, to: outbox)
                try await publish(50..<100, as: note, to: outbox)
                try await eventually("everything handled", within: .seconds(30)) { both.entries.count >= 100 }
                try await eventually("an empty broker") {
                    try await subject.broker.statistics().values.allSatisfy { $0.depth == 0 }
                }
            }
            try require(jobs.entries.sorted(), is: Array(0..<50), "jobs")
            try require(notes.entries.sorted(), is: Array(50..<100), "notes")
            try require(both.entries.sorted(), is: Array(0..<100), "both")
        },
        .init("A late service gets what nobody wanted before, and what is published from a second after it registered")
        {
            subject in
            let outbox = try outbox(subject)
            let (early, jobs, notes) = (Journal<Int>(), Journal<Int>(), Journal<Int>())
            let first = try subscriber("early", subject) {
                try $0.subscribe(job) { job, _ in early.append(job.number) }
            }
            let late = try subscriber("late", subject) { queue in
                try queue.subscribe(job) { job, _ in jobs.append(job.number) }
                try queue.subscribe(note) { job, _ in notes.append(job.number) }
            }
            try await running([first], outbox, subject) {
                try await untilSubscribed(1, subject)
                try await publish(0..<20, to: outbox)
                try await publish(0..<20, as: note, to: outbox)
                try await eventually("what was wanted handled") { early.entries.count == 20 }
                try await eventually("what nobody wants aside") { try await depth(.unrouted, subject) == 20 }
                let running = Task { try await late.run() }
                try await untilSubscribed(2, subject)
                try await untilKnown(subject)
                try await publish(20..<40, to: outbox)
                try await eventually("everything handled", within: .seconds(30)) {
                    subject.clock.advance(by: .milliseconds(200))
                    return early.entries.count >= 40 && jobs.entries.count >= 20 && notes.entries.count >= 20
                }
                try await eventually("an empty broker") {
                    try await subject.broker.statistics().values.allSatisfy { $0.depth == 0 }
                }
                running.cancel()
                try await running.value
            }
            try require(early.entries.sorted(), is: Array(0..<40), "handled by the early one")
            try require(jobs.entries.sorted(), is: Array(20..<40), "handled by the late one")
            try require(notes.entries.sorted(), is: Array(0..<20), "handled of what nobody wanted")
        },
        .init("A service that wants nothing any more gets nothing more, keeps what it has, and holds up nobody") {
            subject in
            let outbox = try outbox(subject)
            let seen = Journal<Int>()
            let staying = try subscriber("staying", subject) {
                try $0.subscribe(job) { job, _ in seen.append(job.number) }
            }
            try await subject.broker.register(Subscription(service: "leaving", types: ["job"]))
            try await running([staying], outbox, subject) {
                try await untilSubscribed(2, subject)
                try await publish(0..<10, to: outbox)
                try await untilRelayed(outbox)
                try await subject.broker.register(Subscription(service: "leaving", types: []))
                try await untilKnown(subject)
                try await publish(10..<20, to: outbox)
                try await eventually("everything handled", within: .seconds(30)) { seen.entries.count >= 20 }
                try await untilRelayed(outbox)
            }
            try require(seen.entries.sorted(), is: Array(0..<20), "handled by the one that stayed")
            try require(try await depth(.service("leaving"), subject), is: 10, "kept for the one that left")
        },
        .init("Who registered and hasn't come yet finds what was published since") { subject in
            let outbox = try outbox(subject)
            try await subject.broker.register(Subscription(service: "away", types: ["job"]))
            try await running([], outbox, subject) {
                try await publish(0..<50, to: outbox)
                try await untilRelayed(outbox)
                try require(try await depth(.service("away"), subject), is: 50, "waiting")
                let seen = Journal<Int>()
                let instances = try (0..<2).map { _ in
                    try subscriber("away", subject) { try $0.subscribe(job) { job, _ in seen.append(job.number) } }
                }
                try await running(instances, outbox, subject) {
                    try await eventually("everything handled", within: .seconds(30)) { seen.entries.count >= 50 }
                    try await eventually("an empty broker") { try await depth(.service("away"), subject) == 0 }
                }
                try require(seen.entries.sorted(), is: Array(0..<50), "handled")
            }
        },
    ]
}
