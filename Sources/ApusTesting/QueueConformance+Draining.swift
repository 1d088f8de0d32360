// SPDX-License-Identifier: Apache-2.0
import ApusMessaging

extension QueueConformance {
    static let draining: [QueueCheck] = [
        .init("A stopped worker finishes what is in hand and takes no more") { subject in
            let gate = Gate()
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in
                await gate.wait()
                seen.append(job.number)
            }
            for number in 0..<10 { try await subject.queue.publish(Job(number: number), as: job) }
            let worker = try QueueWorker(
                queue: subject.queue, configuration: configuration(concurrency: 2), logger: silence)
            let running = Task { try await worker.run() }
            try await eventually("two in hand") { worker.inHand == 2 }
            running.cancel()
            gate.open()
            try await running.value
            try require(seen.entries.sorted(), is: [0, 1], "handled")
            let statistics = try await statistics(subject)
            try require(statistics.waiting, is: 8, "waiting")
            try require(statistics.inHand, is: 0, "in hand")
        },
        .init(
            "A stopped worker gives back what isn't done in time, uncounted, even if a handler doesn't return",
            needs: .ownClock
        ) {
            subject in
            let gate = Gate()
            try subject.queue.subscribe(job) { job, _ in
                if job.number == 0 {
                    await gate.wait()
                } else {
                    try await subject.clock.sleep(for: .seconds(3600))
                }
            }
            for number in 0..<2 { try await subject.queue.publish(Job(number: number), as: job) }
            let worker = try QueueWorker(queue: subject.queue, configuration: configuration(), logger: silence)
            let running = Task { try await worker.run() }
            try await eventually("two in hand") { worker.inHand == 2 }
            try await stop(running, worker, subject)
            try require(try await statistics(subject).waiting, is: 2, "given back")
            let again = try await subject.store.claim(10, from: subject.queue.channel, lease: .seconds(30))
            try require(again.map(\.attempt), is: [1, 1], "attempts")
            // What the stuck handler says now is refused: the claims above stay.
            gate.open()
            try await eventually("the stuck handler's return") { worker.inHand == 0 }
            try require(
                try await subject.store.extend(again, by: .seconds(30)), is: [true, true], "held by the new claims")
        },
        .init("Nothing is lost or doubled by workers that come and go") { subject in
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in seen.append(job.number) }
            for round in 0..<5 {
                let messages = try (0..<200).map {
                    try subject.queue.message(Job(number: round * 200 + $0), as: job)
                }
                try await subject.queue.publish(all: messages)
                try await working(subject) { _ in
                    try await eventually("some work") { seen.entries.count > round * 200 + 50 }
                }
            }
            try await working(subject) { _ in try await untilEmpty(subject) }
            try require(seen.entries.sorted(), is: Array(0..<1_000), "handled")
        },
        .init("Ten workers on one queue handle each message once, and stop together") { subject in
            let seen = Journal<Int>()
            try subject.queue.subscribe(job) { job, _ in seen.append(job.number) }
            let workers = try (0..<10).map { _ in
                try QueueWorker(queue: subject.queue, configuration: configuration(), logger: silence)
            }
            let running = workers.map { worker in Task { try await worker.run() } }
            let messages = try (0..<1_000).map { try subject.queue.message(Job(number: $0), as: job) }
            try await subject.queue.publish(all: messages)
            try await untilEmpty(subject)
            for task in running { task.cancel() }
            for task in running { try await task.value }
            try require(seen.entries.sorted(), is: Array(0..<1_000), "handled")
        },
    ]
}
