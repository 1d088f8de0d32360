// SPDX-License-Identifier: Apache-2.0
#if NATS
    import ApusCore
    import ApusTesting
    import Testing

    @testable import ApusNATS

    @Suite("Streams, consumers and buckets of JetStream")
    struct JetStreamTests {
        @Test("what is appended comes back with its headers, in order, and is gone when it is acknowledged")
        func roundTrip() async throws {
            try await withNATS { _, nats in
                try await nats.makeJobs()
                for number in 0..<3 {
                    let result = try await nats.append(
                        [UInt8(number), 0, 255], to: "jobs.a", headers: [NATSHeader("Apus-Number", "number \(number)")])
                    #expect(result == AppendResult(stream: "JOBS", sequence: UInt64(number + 1), isDuplicate: false))
                }
                let pulled = try await nats.pull(10, from: "worker", of: "JOBS")
                #expect(pulled.map(\.message.data) == [[0, 0, 255], [1, 0, 255], [2, 0, 255]])
                #expect(pulled.map { $0.message.header("Apus-Number") } == ["number 0", "number 1", "number 2"])
                #expect(pulled.map(\.sequence) == [1, 2, 3] && pulled.map(\.deliveries) == [1, 1, 1])
                for message in pulled { try await nats.acknowledge(message) }
                #expect(try await nats.streamState("JOBS").messages == 0)
                #expect(try await nats.pull(10, from: "worker", of: "JOBS").isEmpty)
            }
        }

        @Test("the same id again is a duplicate, in this stream only")
        func duplicates() async throws {
            try await withNATS { _, nats in
                try await nats.makeJobs()
                #expect(try await nats.append([1], to: "jobs.a", id: "x").isDuplicate == false)
                let second = try await nats.append([2], to: "jobs.b", id: "x")
                #expect(second.isDuplicate && second.sequence == 1)
                #expect(try await nats.streamState("JOBS", subjects: "jobs.>").subjects == ["jobs.a": 1])
            }
        }

        @Test("a message given back comes again, after its delay")
        func givenBack() async throws {
            try await withNATS { _, nats in
                try await nats.makeJobs()
                try await nats.append([1], to: "jobs.a")
                let first = try #require(try await nats.pull(1, from: "worker", of: "JOBS").first)
                try await nats.giveBack(first)
                let second = try #require(try await nats.pull(1, from: "worker", of: "JOBS").first)
                #expect(second.deliveries == 2 && second.sequence == first.sequence)
                let began = Instant.now
                try await nats.giveBack(second, after: .milliseconds(300))
                #expect(try await nats.pull(1, from: "worker", of: "JOBS").isEmpty)
                let third = try #require(try await nats.next(from: "worker", of: "JOBS", waiting: .seconds(5)))
                #expect(third.deliveries == 3 && began.duration(to: .now) >= .milliseconds(300))
                try await nats.terminate(third)
                #expect(try await nats.streamState("JOBS").messages == 0)
            }
        }

        @Test("a lease that ends gives the message to the next, unless it is kept")
        func leases() async throws {
            try await withNATS { _, nats in
                try await nats.makeJobs(lease: .seconds(2))
                try await nats.append([1], to: "jobs.a")
                let first = try #require(try await nats.pull(1, from: "worker", of: "JOBS").first)
                #expect(try await nats.next(from: "worker", of: "JOBS", waiting: .milliseconds(200)) == nil)
                let kept = Instant.now
                try await nats.keep(first)
                let second = try #require(try await nats.next(from: "worker", of: "JOBS", waiting: .seconds(8)))
                #expect(second.deliveries == 2 && kept.duration(to: .now) >= .seconds(2))
                let error = try await failure { () throws(NATSError) in
                    try await nats.acknowledge(first, notAfter: kept.advanced(by: .seconds(2)))
                }
                #expect(error.code == .timeout && !error.mayHaveRun)
                #expect(try await nats.streamState("JOBS").messages == 1)
            }
        }

        @Test("whoever waits gets the message when it comes; who was cancelled leaves it to others")
        func waiting() async throws {
            try await withNATS { _, nats in
                try await nats.makeJobs()
                let leaving = Task { try await nats.next(from: "worker", of: "JOBS", waiting: .seconds(30)) }
                try await eventually("a pull waits") {
                    try await nats.consumerState("worker", of: "JOBS").pulls == 1
                }
                leaving.cancel()
                let error = await leaving.result
                #expect(throws: NATSError.self) { try error.get() }
                try await eventually("no pull waits") {
                    try await nats.consumerState("worker", of: "JOBS").pulls == 0
                }
                async let next = nats.next(from: "worker", of: "JOBS", waiting: .seconds(30))
                try await nats.append([7], to: "jobs.a")
                #expect(try await next?.message.data == [7])
                #expect(try await next?.deliveries == 1)
            }
        }

        @Test("a full subject refuses, the others take")
        func full() async throws {
            try await withNATS { _, nats in
                try await nats.makeJobs(capacity: 2)
                for _ in 0..<2 { try await nats.append([1], to: "jobs.a") }
                let error = try await failure { () throws(NATSError) in try await nats.append([1], to: "jobs.a") }
                #expect(error.code == .full && !error.mayHaveRun && error.retryAfter != nil)
                try await nats.append([1], to: "jobs.b")
            }
        }

        @Test("a message that stays can be read by number, by subject, and removed")
        func stored() async throws {
            try await withNATS { _, nats in
                try await nats.makeStream(StreamConfiguration(name: "LOG", subjects: ["log.>"]))
                try await nats.append([1], to: "log.a", headers: [NATSHeader("Why", "a: reason, or two")])
                try await nats.append([2], to: "log.b")
                try await nats.append([3], to: "log.a")
                let first = try await nats.storedMessage(.at(1), of: "LOG")
                #expect(first?.data == [1] && first?.header("Why") == "a: reason, or two")
                #expect(try await nats.storedMessage(.from(2, subject: "log.a"), of: "LOG")?.data == [3])
                #expect(try await nats.storedMessage(.last(subject: "log.b"), of: "LOG")?.sequence == 2)
                #expect(try await nats.storedMessage(.last(subject: "log.c"), of: "LOG") == nil)
                #expect(try await nats.removeMessage(1, of: "LOG"))
                #expect(try await nats.removeMessage(1, of: "LOG") == false)
                #expect(try await nats.storedMessage(.at(1), of: "LOG") == nil)
                #expect(try await nats.purge("LOG", subject: "log.*") == 2)
            }
        }

        @Test("a bucket keeps the last value, and a change that was overtaken is refused")
        func buckets() async throws {
            try await withNATS { _, nats in
                let bucket = KeyValueBucket("b", client: nats)
                try await bucket.make()
                #expect(try await bucket.get("a.b") == nil)
                let first = try await bucket.put([1], for: "a.b", replacing: 0)
                try await bucket.put([2], for: "a.b", replacing: first)
                let error = try await failure { () throws(NATSError) in
                    try await bucket.put([3], for: "a.b", replacing: first)
                }
                #expect(error.code == .conflict && !error.mayHaveRun)
                #expect(try await bucket.get("a.b")?.value == [2])
                try await bucket.put([4], for: "c")
                #expect(try await bucket.keys() == ["a.b", "c"])
                try await bucket.remove("a.b")
                #expect(try await bucket.get("a.b") == nil)
                #expect(try await bucket.keys() == ["c"])
            }
        }

        @Test("a stream and a consumer that are there are brought to a new configuration")
        func changed() async throws {
            try await withNATS { _, nats in
                try await nats.makeJobs(lease: .seconds(1), capacity: 5)
                try await nats.makeJobs(lease: .seconds(2), capacity: 1)
                #expect(try await nats.consumerState("worker", of: "JOBS").lease == .seconds(2))
                try await nats.append([1], to: "jobs.a")
                let error = try await failure { () throws(NATSError) in try await nats.append([1], to: "jobs.a") }
                #expect(error.code == .full)
            }
        }

        @Test("hundreds of appends at a time are each acknowledged for themselves")
        func concurrent() async throws {
            try await withNATS { _, nats in
                try await nats.makeJobs()
                let sequences = try await withThrowingTaskGroup(of: UInt64.self) { group in
                    for number in 0..<500 {
                        group.addTask { try await nats.append([1], to: "jobs.a", id: "\(number)").sequence }
                    }
                    return try await group.reduce(into: Set<UInt64>()) { $0.insert($1) }
                }
                #expect(sequences == Set(1...500))
            }
        }
    }
#endif
