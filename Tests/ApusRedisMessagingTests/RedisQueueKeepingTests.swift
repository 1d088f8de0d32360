// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusMessaging
    import ApusRedisMessaging
    import ApusTesting
    import Testing

    @Suite("What a queue in Redis keeps and for how long")
    struct RedisQueueKeepingTests {
        private func publish(_ id: String, in fixture: RedisFixture) async throws -> PublishResult {
            try await fixture.queue.publish(RedisFixture.Job(number: 1), as: RedisFixture.job, id: id)
        }

        @Test("a name is known while its message isn't finished, however long, and for the window after")
        func window() async throws {
            try await RedisFixture.run { fixture in
                #expect(try await publish("a", in: fixture) == .stored)
                fixture.clock.advance(by: .seconds(86_400 * 400))
                try await fixture.store.maintain(.local, lease: .seconds(30))
                #expect(try await publish("a", in: fixture) == .duplicate)
                let claimed = try await fixture.claim()
                #expect(try await fixture.store.settle(claimed[0], .done))
                fixture.clock.advance(by: .seconds(3_599))
                #expect(try await publish("a", in: fixture) == .duplicate)
                fixture.clock.advance(by: .seconds(2))
                #expect(try await publish("a", in: fixture) == .stored)
            }
        }

        @Test("a dead message's name is known until it is dropped")
        func deadName() async throws {
            try await RedisFixture.run { fixture in
                _ = try await publish("a", in: fixture)
                let claimed = try await fixture.claim()
                _ = try await fixture.store.settle(claimed[0], .dead(.rejected, error: "no"))
                fixture.clock.advance(by: .seconds(7_200))
                #expect(try await publish("a", in: fixture) == .duplicate)
                let dead = try await fixture.queue.deadMessages()
                #expect(try await fixture.queue.drop(dead.map(\.position), in: .local) == 1)
                #expect(try await publish("a", in: fixture) == .stored)
            }
        }

        @Test("of the dead the newest are kept, and only for their time")
        func deadBounds() async throws {
            let configuration = QueueConfiguration(
                source: "/services/test", maximumBytes: 1 << 20, deadRetention: .seconds(100), deadCapacity: 3)
            try await RedisFixture.run(configuration: configuration) { fixture in
                for number in 0..<5 {
                    try await fixture.publish([number])
                    let claimed = try await fixture.claim()
                    _ = try await fixture.store.settle(claimed[0], .dead(.rejected, error: "\(number)"))
                    fixture.clock.advance(by: .seconds(10))
                }
                try await fixture.store.maintain(.local, lease: .seconds(30))
                #expect(try await fixture.queue.deadMessages().map(\.lastError) == ["2", "3", "4"])
                #expect(try await fixture.queue.deadMessages(limit: 2).map(\.lastError) == ["2", "3"])
                fixture.clock.advance(by: .seconds(85))
                try await fixture.store.maintain(.local, lease: .seconds(30))
                #expect(try await fixture.queue.deadMessages().map(\.lastError) == ["4"])
            }
        }

        @Test("dead messages of a key that are redriven go before those that wait for the key, in their order")
        func redriveOrder() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish(0..<5, .init(orderingKey: "a"))
                for number in 0..<3 {
                    let claimed = try await fixture.claim()
                    #expect(try claimed.map { try $0.number } == [number])
                    _ = try await fixture.store.settle(claimed[0], .dead(.rejected, error: "no"))
                }
                let dead = try await fixture.queue.deadMessages()
                #expect(try await fixture.queue.redrive(dead.map(\.position).reversed(), in: .local) == 3)
                #expect(try await fixture.queue.redrive(dead.map(\.position), in: .local) == 0)
                var seen: [Int] = []
                while let next = try await fixture.claim().first {
                    seen.append(try next.number)
                    #expect(next.attempt == 1)
                    _ = try await fixture.store.settle(next, .done)
                }
                #expect(seen == [3, 0, 1, 2, 4])
            }
        }

        @Test("a message that is blocked and not yet due holds its key until it is due and done")
        func blockedAndDelayed() async throws {
            try await RedisFixture.run { fixture in
                try await fixture.publish([1], .init(orderingKey: "a"))
                try await fixture.publish([2], .init(delay: .seconds(10), orderingKey: "a"))
                try await fixture.publish([3], .init(orderingKey: "a"))
                let first = try await fixture.claim()
                _ = try await fixture.store.settle(first[0], .done)
                #expect(try await fixture.claim().isEmpty)
                #expect(try await fixture.store.nextDue(in: .local) == .seconds(10))
                fixture.clock.advance(by: .seconds(10))
                let second = try await fixture.claim()
                #expect(try second.map { try $0.number } == [2])
                _ = try await fixture.store.settle(second[0], .done)
                #expect(try await fixture.claim().map { try $0.number } == [3])
            }
        }

        @Test("of a batch for two channels nothing is stored if one of them is full, and others beside it are")
        func allOrNone() async throws {
            let configuration = QueueConfiguration(source: "/services/test", capacity: 3)
            try await RedisFixture.run(configuration: configuration) { fixture in
                try await fixture.publish(0..<2)
                func entry(_ id: Int, _ channel: Channel) throws -> QueueEntry {
                    let message = try fixture.queue.message(RedisFixture.Job(number: id), as: RedisFixture.job)
                    return QueueEntry(channel: channel, message: message, document: message.cloudEvent)
                }
                let batch = try [entry(1, .unrouted), entry(2, .local), entry(3, .local)]
                let fitting = try entry(4, .local)
                async let stored = fixture.store.append([fitting])
                let refused = try await refusal { _ = try await fixture.store.append(batch) }
                #expect(refused.code == .overloaded && refused.retryAfter != nil)
                #expect(try await stored == [.stored])
                #expect(try await fixture.store.statistics().mapValues(\.depth) == [.local: 3])
            }
        }

        @Test(
            "of many that publish at once as many are stored as there is room for, and each id once",
            arguments: [true, false])
        func concurrent(isRemembered: Bool) async throws {
            let configuration = QueueConfiguration(source: "/services/test", capacity: 10)
            try await RedisFixture.run(configuration: configuration) { fixture in
                try await fixture.publish([100])
                let results = await withTaskGroup(of: Result<PublishResult, any Error>.self) { group in
                    for number in 0..<60 {
                        group.addTask {
                            do {
                                return .success(
                                    try await fixture.queue.publish(
                                        RedisFixture.Job(number: number), as: RedisFixture.job,
                                        id: isRemembered ? "\(number % 5)" : nil))
                            } catch {
                                return .failure(error)
                            }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                var counts: [String: Int] = [:]
                for result in results {
                    switch result {
                    case .success(.stored): counts["stored", default: 0] += 1
                    case .success(.duplicate): counts["duplicate", default: 0] += 1
                    case .failure(let error): counts["\(error)", default: 0] += 1
                    }
                }
                let full = "overloaded: channel local of the queue holds its 10 messages"
                #expect(counts == (isRemembered ? ["stored": 5, "duplicate": 55] : ["stored": 9, full: 51]))
                #expect(try await fixture.statistics().waiting == (isRemembered ? 6 : 10))
            }
        }

        @Test("what one claim gives out is bounded in bytes, and the rest is due at once")
        func claimedBytes() async throws {
            let configuration = QueueConfiguration(source: "/services/test", maximumBytes: 4 << 20)
            try await RedisFixture.run(configuration: configuration) { fixture in
                let text = String(repeating: "x", count: 3 << 20)
                for number in 0..<6 {
                    try await fixture.queue.publish(
                        Message(
                            id: "\(number)", type: "job", source: "/services/test", created: fixture.queue.clock.date,
                            data: Array("\"\(text)\"".utf8)))
                }
                let first = try await fixture.claim()
                #expect((2..<6).contains(first.count))
                #expect(try await fixture.store.nextDue(in: .local) == .zero)
                #expect(try await fixture.claim().count + first.count == 6)
            }
        }
    }
#endif
