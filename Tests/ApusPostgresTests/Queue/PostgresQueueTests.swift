// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusCore
    import ApusMessaging
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Synchronization
    import Testing

    @Suite("A queue that processes share on PostgreSQL")
    struct PostgresQueueTests {
        struct Job: Codable, Sendable, Equatable {
            var number: Int
        }

        let job = MessageType<Job>("job")

        /// Queues of processes that share a database, each with connections of its own.
        private func makeQueues(_ number: Int) async throws -> [(queue: MessageQueue, database: PostgresDatabase)] {
            let server = try SharedServer.get()
            let schema = server.newSchemaName()
            let databases = try (0..<number).map { _ in try PostgresDatabase.open(url: server.url(schema: schema)) }
            try await databases[0].execute(SQL(raw: "CREATE SCHEMA \(schema)"))
            try await SQLQueueStore.migrations.run(on: databases[0])
            return try databases.map { database in
                let store = try SQLQueueStore(database: database, configuration: .init(source: "/services/test"))
                return (MessageQueue(store: store), database)
            }
        }

        @Test("A message of one process wakes the idle worker of another at once, long before it would look by itself")
        func notification() async throws {
            let queues = try await makeQueues(2)
            let seen = Journal<Int>()
            for (queue, _) in queues { try queue.subscribe(job) { job, _ in seen.append(job.number) } }
            let worker = try QueueWorker(queue: queues[1].queue, configuration: .init(pollInterval: .seconds(60)))
            let running = Task { try await worker.run() }
            // The first is found when the worker starts or listens; then it sleeps for a minute.
            try await queues[0].queue.publish(Job(number: 0), as: job)
            try await eventually("the first message") { seen.entries == [0] }
            for number in 1...5 {
                try await queues[0].queue.publish(Job(number: number), as: job)
                try await eventually("message \(number)") { seen.entries.count == number + 1 }
            }
            running.cancel()
            try await running.value
            for (_, database) in queues { await database.close() }
        }

        @Test("Others are told also when the deadline of the request that published first has passed")
        func notificationAfterDeadline() async throws {
            let queues = try await makeQueues(2)
            let seen = Journal<Int>()
            for (queue, _) in queues { try queue.subscribe(job) { job, _ in seen.append(job.number) } }
            let worker = try QueueWorker(queue: queues[1].queue, configuration: .init(pollInterval: .seconds(60)))
            let running = Task { try await worker.run() }
            let publisher = queues[0].queue
            try await publisher.publish(Job(number: 0), as: job)
            try await eventually("the first message") { seen.entries == [0] }
            let time = TimeSource.system
            let context = CallContext(deadline: time.now.advanced(by: .milliseconds(300)))
            try await CallContext.$current.withValue(context) {
                try await publisher.publish(Job(number: 1), as: job)
            }
            // Something is published all the time, so that what tells the others never ends.
            var number = 2
            while time.now < (context.deadline ?? .distantFuture).advanced(by: .milliseconds(100)) {
                try await publisher.publish(Job(number: number), as: job)
                number += 1
            }
            try await publisher.publish(Job(number: number), as: job)
            try await eventually("the last message") { seen.entries.contains(number) }
            running.cancel()
            try await running.value
            for (_, database) in queues { await database.close() }
        }

        @Test("Workers of four processes handle each of 2,000 messages once")
        func competition() async throws {
            let queues = try await makeQueues(4)
            let seen = Journal<Int>()
            for (queue, _) in queues { try queue.subscribe(job) { job, _ in seen.append(job.number) } }
            let messages = try (0..<2_000).map { try queues[0].queue.message(Job(number: $0), as: job) }
            try await queues[0].queue.publish(all: messages)
            let workers = try queues.map { try QueueWorker(queue: $0.queue) }
            let running = workers.map { worker in Task { try await worker.run() } }
            try await eventually("all handled", within: .seconds(30)) { seen.entries.count >= 2_000 }
            for task in running { task.cancel() }
            for task in running { try await task.value }
            #expect(seen.entries.sorted() == Array(0..<2_000))
            for (_, database) in queues { await database.close() }
        }

        @Test("Of messages of a key that processes publish at the same moment, only one may be claimed")
        func publishersOfOneKey() async throws {
            let queues = try await makeQueues(4)
            for (queue, _) in queues { try queue.subscribe(job) { _, _ in } }
            for key in 0..<50 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (queue, _) in queues {
                        // With an id of its own each, of which nothing has to be found out.
                        group.addTask {
                            try await queue.publish(Job(number: key), as: job, .init(orderingKey: "\(key)"))
                        }
                    }
                    try await group.waitForAll()
                }
            }
            let store = queues[0].queue.store
            let claimed = try await store.claim(1_000, from: .local, lease: .seconds(30))
            #expect(Set(claimed.compactMap(\.message.orderingKey)).count == 50)
            #expect(claimed.count == 50)
            for (_, database) in queues { await database.close() }
        }

        @Test("Messages of a key that several processes publish at once are handled in the order of their commits")
        func orderAcrossTransactions() async throws {
            let queues = try await makeQueues(3)
            try await queues[0].database.execute("CREATE TABLE log (number BIGINT GENERATED ALWAYS AS IDENTITY)")
            let seen = Journal<Int>()
            for (queue, _) in queues { try queue.subscribe(job) { job, _ in seen.append(job.number) } }
            let workers = try queues.map { try QueueWorker(queue: $0.queue) }
            let running = workers.map { worker in Task { try await worker.run() } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (queue, database) in queues {
                    group.addTask {
                        for _ in 0..<30 {
                            try await database.transaction(attempts: 20, isolation: .readCommitted) { transaction in
                                // Whoever has the lock first numbers first.
                                try await transaction.execute("LOCK TABLE log IN EXCLUSIVE MODE")
                                let number: Int? = try await transaction.value(
                                    "INSERT INTO log DEFAULT VALUES RETURNING number")
                                try await queue.publish(
                                    Job(number: number ?? 0), as: job, .init(orderingKey: "account"), in: transaction)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await eventually("all handled", within: .seconds(30)) { seen.entries.count >= 90 }
            #expect(seen.entries == seen.entries.sorted())
            for task in running { task.cancel() }
            for task in running { try await task.value }
            for (_, database) in queues { await database.close() }
        }
    }
#endif
