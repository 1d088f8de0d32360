// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusCore
    import ApusMessaging
    import ApusTesting
    import Foundation
    import Testing

    @testable import ApusNATS

    @Suite("The queue in JetStream, by the broker's clock", .serialized)
    struct JetStreamQueueTests {
        private static let channel = Channel("service/orders")

        @Test("a delayed message comes when it is due, as its first attempt, and doesn't hide those behind it")
        func delays() async throws {
            try await withQueue { _, store in
                // Makes the streams.
                #expect(try await store.claim(1, from: Self.channel, lease: .seconds(10)).isEmpty)
                let began = Instant.now
                try await store.append((0..<5).map { .numbered($0, Self.channel, delay: .seconds(2)) })
                try await store.append([.numbered(5, Self.channel)])
                let first = try await store.claim(1, from: Self.channel, lease: .seconds(10))
                #expect(first.map(\.number) == [5])
                var later: [Delivery] = []
                try await eventually("the delayed ones") {
                    later += try await store.claim(10, from: Self.channel, lease: .seconds(10))
                    return later.count == 5
                }
                #expect(began.duration(to: .now) >= .seconds(2))
                #expect(later.map(\.attempt) == [1, 1, 1, 1, 1])
                #expect(Set(later.map(\.number)) == Set(0..<5))
            }
        }

        @Test("a retry waits, counts, and ends among the dead with the first and the last error")
        func retries() async throws {
            try await withQueue { _, store in
                try await store.append([.numbered(1, Self.channel)])
                for attempt in 1...3 {
                    let began = Instant.now
                    let delivery = try await store.claimed(from: Self.channel)
                    #expect(delivery.attempt == attempt)
                    #expect(attempt == 1 || began.duration(to: .now) >= .milliseconds(150))
                    let settlement: Settlement =
                        attempt == 3
                        ? .dead(.attemptsExhausted, error: "line 3\nmore, with ü")
                        : .retry(after: .milliseconds(200), error: "failure \(attempt)")
                    #expect(try await store.settle(delivery, settlement))
                }
                let dead = try #require(
                    try await store.deadMessages(in: Self.channel, after: .zero, limit: 10).first)
                #expect(dead.reason == .attemptsExhausted && dead.attempts == 3 && dead.channel == Self.channel)
                #expect(dead.firstError == "failure 1" && dead.lastError == "line 3\nmore, with ü")
                #expect(dead.message.id == "1" && dead.died.timeIntervalSinceNow > -60)
                let statistics = try await store.statistics()
                #expect(statistics[Self.channel]?.depth == 0 && statistics[Self.channel]?.dead == 1)
            }
        }

        @Test("what is given back isn't counted, what failed is, in any order")
        func uncounted() async throws {
            try await withQueue { _, store in
                try await store.append([.numbered(1, Self.channel, delay: .milliseconds(20))])
                var attempts: [Int] = []
                for settlement in [
                    Settlement.giveBack(after: .zero), .retry(after: .zero, error: "a"),
                    .giveBack(after: .milliseconds(20)), .retry(after: .zero, error: "b"), .done,
                ] {
                    let delivery = try await store.claimed(from: Self.channel)
                    attempts.append(delivery.attempt)
                    #expect(try await store.settle(delivery, settlement))
                }
                #expect(attempts == [1, 1, 2, 2, 3])
                #expect(try await store.notes.keys().isEmpty, "the note is left")
            }
        }

        @Test("who lost the lease can neither settle nor extend; the next one can, once")
        func fencing() async throws {
            try await withQueue(lease: .seconds(1)) { server, store in
                let other = try server.queue(lease: .seconds(1))
                try await store.append([.numbered(1, Self.channel)])
                let old = try await store.claimed(from: Self.channel, lease: .seconds(1))
                let new = try await other.claimed(from: Self.channel, lease: .seconds(1))
                #expect(new.attempt == 2 && new.token > old.token && new.position == old.position)
                for settlement in [
                    Settlement.done, .retry(after: .zero, error: "x"), .giveBack(after: .zero),
                    .dead(.rejected, error: "x"),
                ] {
                    #expect(try await store.settle(old, settlement) == false)
                }
                #expect(try await store.extend([old], by: .seconds(1)) == [false])
                #expect(try await other.extend([new], by: .seconds(1)) == [true])
                #expect(try await other.settle(new, .done))
                #expect(try await other.settle(new, .done) == false)
                let statistics = try await store.statistics()[Self.channel]
                #expect((statistics?.depth ?? 0) == 0 && (statistics?.dead ?? 0) == 0)
            }
        }

        @Test("a process that stood still through its lease refuses by itself, before anyone else has the message")
        func late() async throws {
            try await withQueue(lease: .seconds(1)) { _, store in
                try await store.append([.numbered(1, Self.channel)])
                let delivery = try await store.claimed(from: Self.channel, lease: .seconds(1))
                let began = Instant.now
                try await eventually("nearly a second") { began.duration(to: .now) >= .milliseconds(905) }
                #expect(try await store.settle(delivery, .done) == false)
                #expect(try await store.claimed(from: Self.channel, lease: .seconds(1)).attempt == 2)
            }
        }

        @Test("an extended lease lasts as long as it is extended")
        func extended() async throws {
            try await withQueue(lease: .seconds(1)) { server, store in
                let other = try server.queue(lease: .seconds(1))
                try await store.append([.numbered(1, Self.channel)])
                let delivery = try await store.claimed(from: Self.channel, lease: .seconds(1))
                let began = Instant.now
                var extended = began
                try await eventually("two leases") {
                    if extended.duration(to: .now) > .milliseconds(300) {
                        extended = .now
                        let isHeld = try await store.extend([delivery], by: .seconds(1))
                        #expect(isHeld == [true])
                    }
                    let stolen = try await other.claim(1, from: Self.channel, lease: .seconds(1))
                    #expect(stolen.isEmpty)
                    return began.duration(to: .now) > .seconds(2)
                }
                #expect(try await store.settle(delivery, .done))
            }
        }

        @Test("the longest lease that was asked for holds, whoever asked")
        func leases() async throws {
            try await withQueue(lease: .seconds(1)) { server, store in
                let other = try server.queue(lease: .seconds(1))
                var leases: [Duration] = []
                for (queue, seconds) in [(store, 2), (other, 5), (store, 3), (other, 1)] {
                    leases.append(try await queue.consumerLease(Self.channel, .seconds(seconds)))
                }
                #expect(leases == [.seconds(2), .seconds(5), .seconds(5), .seconds(5)])
            }
        }

        @Test("the same id is stored once in each channel, and isn't known to be another one")
        func duplicates() async throws {
            try await withQueue { _, store in
                let (one, two) = (Channel("a"), Channel("b"))
                let entries = [QueueEntry.numbered(1, one), .numbered(1, two), .numbered(1, one), .numbered(2, one)]
                #expect(try await store.append(entries) == [.stored, .stored, .duplicate, .stored])
                let odd = ["a.b", "a/b", "a b", "a\r\nNats-Msg-Id: x", String(repeating: "x", count: 2_000)]
                #expect(
                    try await store.append(odd.map { .named($0, one) }) == odd.map { _ in .stored })
                #expect(
                    try await store.append(odd.map { .named($0, one) }) == odd.map { _ in .duplicate })
                let claimed = try await store.claim(100, from: one, lease: .seconds(10))
                #expect(claimed.map(\.message.id) == ["1", "2"] + odd)
                #expect(try await store.settle(claimed.map { SettledDelivery($0, .done) }).allSatisfy { $0 })
                #expect(try await store.append([.numbered(1, one)]) == [.duplicate])
            }
        }

        @Test("a message that isn't to be remembered may come again")
        func forgotten() async throws {
            try await withQueue { _, store in
                let entry = QueueEntry.numbered(1, Self.channel, isRemembered: false)
                let results = try await store.append([entry, entry])
                #expect(results == [.stored, .stored])
            }
        }

        @Test("what isn't offered is refused")
        func refused() async throws {
            try await withQueue { _, store in
                var message = QueueEntry.numbered(1, Self.channel).message
                message.orderingKey = "k"
                let ordered = QueueEntry(channel: Self.channel, message: message, document: message.cloudEvent)
                let unique = QueueEntry(
                    channel: Self.channel, message: ordered.message, document: ordered.document, uniqueKey: "k")
                for entry in [ordered, unique] {
                    let error = try await rejection { () throws(MessagingError) in
                        try await store.append([.numbered(2, Self.channel), entry])
                    }
                    #expect(error.code == .misuse)
                }
                #expect(try await store.statistics().isEmpty)
            }
        }

        @Test("the dead are read page by page, redriven once, and dropped, in their channel only")
        func dead() async throws {
            try await withQueue { _, store in
                let other = Channel("other")
                try await store.append((0..<6).map { .numbered($0, $0 == 5 ? other : Self.channel) })
                for channel in [Self.channel, other] {
                    let claimed = try await store.claim(10, from: channel, lease: .seconds(10))
                    let settled = claimed.map { SettledDelivery($0, .dead(.rejected, error: "no")) }
                    #expect(try await store.settle(settled).allSatisfy { $0 })
                }
                let first = try await store.deadMessages(in: Self.channel, after: .zero, limit: 3)
                let last = try #require(first.last)
                let second = try await store.deadMessages(in: Self.channel, after: last.position, limit: 3)
                #expect((first + second).map(\.message.id) == ["0", "1", "2", "3", "4"])
                let positions = (first + second).map(\.position)
                #expect(try await store.redrive(positions, in: other) == 0)
                #expect(try await store.redrive(Array(positions[..<2]), in: Self.channel) == 2)
                #expect(try await store.redrive(Array(positions[..<2]), in: Self.channel) == 0)
                #expect(try await store.drop(positions, in: Self.channel) == 3)
                let claimed = try await store.claim(10, from: Self.channel, lease: .seconds(10))
                #expect(claimed.map(\.message.id) == ["0", "1"] && claimed.map(\.attempt) == [1, 1])
                let statistics = try await store.statistics()
                #expect((statistics[Self.channel]?.dead ?? 0) == 0 && statistics[other]?.dead == 1)
                #expect(statistics[Self.channel]?.inHand == 2)
            }
        }

        @Test("subscriptions are kept, replaced and forgotten, and others see it")
        func subscriptions() async throws {
            try await withQueue { server, store in
                let other = try server.queue()
                #expect(try await other.subscriptions().isEmpty)
                try await store.register(Subscription(service: "orders/2.x", types: ["a", "b"]))
                try await store.register(Subscription(service: "mail", types: ["a"]))
                #expect(
                    Set(try await other.subscriptions()) == [
                        Subscription(service: "orders/2.x", types: ["a", "b"]),
                        Subscription(service: "mail", types: ["a"]),
                    ])
                let requests = other.client.statistics.requests
                #expect(try await other.subscriptions().count == 2)
                #expect(other.client.statistics.requests == requests + 1)
                try await store.register(Subscription(service: "mail", types: ["c"]))
                try await store.register(Subscription(service: "orders/2.x", types: []))
                #expect(try await other.subscriptions() == [Subscription(service: "mail", types: ["c"])])
            }
        }
    }
#endif
