// SPDX-License-Identifier: Apache-2.0
import ApusMessaging

extension QueueConformance {
    static let leases: [QueueCheck] = [
        .init("A message in hand isn't claimed by others until its lease has ended", needs: .ownClock) { subject in
            try subject.queue.subscribe(job) { _, _ in }
            try await subject.queue.publish(Job(number: 1), as: job)
            let first = try await subject.store.claim(10, from: subject.queue.channel, lease: .seconds(30))
            try require(first.count, is: 1, "claimed")
            subject.clock.advance(by: .seconds(29))
            try require(
                try await subject.store.claim(10, from: subject.queue.channel, lease: .seconds(30)).count, is: 0,
                "in the lease")
            try require(try await subject.store.nextDue(in: subject.queue.channel), is: .seconds(1), "due")
            subject.clock.advance(by: .seconds(1))
            let second = try await subject.store.claim(10, from: subject.queue.channel, lease: .seconds(30))
            try require(second.map(\.attempt), is: [2], "attempts after the lease")
            try require(second[0].token > first[0].token, "the token didn't grow")
        },
        .init("Whoever lost the lease can neither settle nor extend, whatever it says", needs: [.fencing, .ownClock]) {
            subject in
            try subject.queue.subscribe(job) { _, _ in }
            try await subject.queue.publish(Job(number: 1), as: job)
            let old = try await subject.store.claim(1, from: subject.queue.channel, lease: .seconds(30))
            subject.clock.advance(by: .seconds(31))
            let new = try await subject.store.claim(1, from: subject.queue.channel, lease: .seconds(30))
            for settlement in [
                Settlement.done, .retry(after: .zero, error: "x"), .giveBack(after: .zero),
                .dead(.rejected, error: "x"),
            ] {
                try require(
                    try await subject.store.settle(old[0], settlement), is: false, "\(settlement) of the old claim")
            }
            try require(try await subject.store.extend(old + new, by: .seconds(30)), is: [false, true], "extended")
            try require(try await subject.store.settle(new[0], .done), is: true, "settled by the new claim")
            try require(try await subject.store.settle(new[0], .done), is: false, "settled twice")
        },
        .init("Giving back doesn't count the attempt") { subject in
            try subject.queue.subscribe(job) { _, _ in }
            try await subject.queue.publish(Job(number: 1), as: job)
            for _ in 0..<3 {
                let claimed = try await subject.store.claim(1, from: subject.queue.channel, lease: .seconds(30))
                try require(claimed.map(\.attempt), is: [1], "attempts")
                _ = try await subject.store.settle(claimed[0], .giveBack(after: .zero))
            }
        },
        .init("A lease is extended while its handler runs, for as long as it takes", needs: .ownClock) { subject in
            let gate = Gate()
            let attempts = Journal<Int>()
            try subject.queue.subscribe(job) { _, delivery in
                attempts.append(delivery.attempt)
                await gate.wait()
            }
            try await subject.queue.publish(Job(number: 1), as: job)
            try await working(subject, configuration(timeout: .seconds(3600))) { _ in
                await gate.reached()
                for _ in 0..<12 {
                    try await eventually("a beating heart") { subject.clock.sleeperCount >= 2 }
                    subject.clock.advance(by: .seconds(10))
                    try await eventually("an extended lease") {
                        try await subject.store.nextDue(in: subject.queue.channel) ?? .zero > .seconds(25)
                    }
                }
                gate.open()
                try await untilEmpty(subject)
            }
            try require(attempts.entries, is: [1], "attempts")
        },
        .init(
            "A worker that lost its lease cancels the handler, and its acknowledgement is refused",
            needs: [.fencing, .ownClock]
        ) { subject in
            let started = Gate()
            let wasCancelled = Tally()
            let end = Gate()
            try subject.queue.subscribe(job) { _, delivery in
                guard delivery.attempt == 1 else { return }
                started.open()
                do {
                    try await subject.clock.sleep(for: .seconds(3600))
                } catch {
                    wasCancelled.increment()
                }
                // Its place stays taken, so that this worker doesn't claim the message again.
                await end.wait()
            }
            try await subject.queue.publish(Job(number: 1), as: job)
            try await working(subject, configuration(concurrency: 1, timeout: .seconds(3600))) { _ in
                await started.wait()
                // As if this process had been paused: the lease ends before the heart beats, and another claims.
                try await eventually("a sleeping handler") { subject.clock.sleeperCount >= 2 }
                let other = try await stolen(subject)
                try await eventually("cancellation") {
                    subject.clock.advance(by: .seconds(1))
                    // The other goes on meanwhile.
                    let held = try await subject.store.extend([other], by: .seconds(30))
                    try require(held, is: [true], "the other's lease")
                    return wasCancelled.value == 1
                }
                end.open()
                try await eventually("an empty hand") { try await statistics(subject).inHand == 1 }
                try require(try await subject.store.settle(other, .done), is: true, "settled by the other")
            }
            try require(try await statistics(subject).depth, is: 0, "left")
        },
        .init("A message whose process died in every attempt is dead in the end", needs: .ownClock) { subject in
            let seen = Tally()
            try subject.queue.subscribe(job) { _, _ in seen.increment() }
            try await subject.queue.publish(Job(number: 1), as: job)
            for _ in 0..<3 {
                _ = try await subject.store.claim(1, from: subject.queue.channel, lease: .seconds(30))
                subject.clock.advance(by: .seconds(31))
            }
            try await working(subject) { _ in
                try await eventually("death") { try await statistics(subject).dead == 1 }
            }
            try require(seen.value, is: 0, "handled")
        },
    ]

    /// Claims the only message although a worker has it in hand, by moving the clock past its lease.
    private static func stolen(_ subject: Subject) async throws -> Delivery {
        for _ in 0..<1_000 {
            subject.clock.advance(by: .seconds(31))
            if let delivery = try await subject.store.claim(1, from: subject.queue.channel, lease: .seconds(3600)).first
            {
                return delivery
            }
        }
        throw ConformanceFailure("the lease never ended")
    }
}
