// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCore
    import ApusTesting
    import NIOCore
    import NIOPosix
    import RedisTestSupport
    import Testing

    @testable import ApusRedis

    @Suite("The Redis client on a real server")
    struct ClientTests {
        @Test("sets, gets and deletes bytes of any kind")
        func values() async throws {
            try await withRedis { _, redis in
                let bytes = [UInt8](0...255)
                try await redis.set("k", bytes)
                #expect(try await redis.get("k") == bytes)
                #expect(try await redis.get("none") == nil)
                #expect(try await redis.delete(["k", "none"]) == 1)
                #expect(try await redis.command("INCRBY", "n", -5) == .integer(-5))
                try await redis.set("t", [1], timeToLive: .milliseconds(1_500))
                let left = try await redis.command("PTTL", "t").integer ?? 0
                #expect((1...1_500).contains(left))
            }
        }

        @Test("an error of the server is typed, and the connection goes on")
        func serverErrors() async throws {
            try await withRedis { _, redis in
                try await redis.set("k", Array("text".utf8))
                let error = try await failure { () throws(RedisError) in try await redis.command("LPUSH", "k", "v") }
                #expect(error.code == .server && error.server?.code == .wrongType)
                let unknown = try await failure { () throws(RedisError) in try await redis.command("NOSUCH", "hunter2")
                }
                #expect(unknown.server?.code == .general)
                #expect(!"\(unknown)".contains("hunter2"))
                #expect(redis.statistics.lostConnections == 0)
            }
        }

        @Test("too few words, and a number past its range, are errors of the server")
        func badArguments() async throws {
            try await withRedis { _, redis in
                let few = try await failure { () throws(RedisError) in try await redis.command("SET", "k") }
                #expect(few.code == .server && few.message.contains("wrong number of arguments"), "\(few)")
                try await redis.command("SET", "n", .integer(.max))
                let overflow = try await failure { () throws(RedisError) in try await redis.command("INCR", "n") }
                #expect(overflow.code == .server && overflow.message.contains("overflow"), "\(overflow)")
                #expect(try await redis.get("n") == Array("\(Int64.max)".utf8))
            }
        }

        @Test("a reply of 100 MB is refused, typed, and the next command works")
        func largeReply() async throws {
            try await withRedis { _, redis in
                try await redis.command("SETRANGE", "k", 99_999_999, "x")
                let error = try await failure { () throws(RedisError) in try await redis.get("k") }
                #expect(error.code == .invalidReply && error.mayHaveRun && error.message.contains("larger"), "\(error)")
                try await eventually("works again") {
                    do throws(RedisError) {
                        return try await redis.command("STRLEN", "k") == .integer(100_000_000)
                    } catch {
                        return false
                    }
                }
            }
        }

        @Test("10,000 concurrent gets have their own reply each")
        func concurrent() async throws {
            try await withRedis { _, redis in
                _ = try await redis.pipeline(
                    (0..<10_000).map { RedisCommand("SET", .string("k\($0)"), .integer(Int64($0))) })
                let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for index in 0..<10_000 {
                        group.addTask { try await redis.get("k\(index)") == Array("\(index)".utf8) }
                    }
                    return try await group.reduce(0) { $0 + ($1 ? 0 : 1) }
                }
                #expect(wrong == 0)
                #expect(redis.statistics.pending == 0)
                #expect(redis.statistics.dials <= Array(MultiThreadedEventLoopGroup.singleton.makeIterator()).count)
            }
        }

        @Test("cancelled callers leave the pipeline in step")
        func cancellation() async throws {
            try await withRedis(configure: { $0.connections = 1 }) { _, redis in
                let tasks = (0..<2_000).map { index in
                    Task { try await redis.command("ECHO", .string("\(index)")) }
                }
                for (index, task) in tasks.enumerated() where index % 3 == 0 { task.cancel() }
                for (index, task) in tasks.enumerated() {
                    do {
                        #expect(try await task.value.string == "\(index)")
                    } catch let error as RedisError {
                        #expect(error.code == .cancelled && index % 3 == 0)
                    }
                }
                #expect(try await redis.command("ECHO", "after").string == "after")
                try await eventually("nothing pending") { redis.statistics.pending == 0 }
                #expect(redis.statistics.dials == 1)
            }
        }

        @Test("a task that was cancelled before doesn't send")
        func cancelledBefore() async throws {
            try await withRedis { _, redis in
                try await redis.ping()
                let task = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await failure { () throws(RedisError) in try await redis.command("INCR", "n") }
                }
                #expect(try await task.value.code == .cancelled)
            }
        }

        @Test("a pipeline has its errors as values, a transaction is one piece")
        func pieces() async throws {
            try await withRedis { _, redis in
                let replies = try await redis.pipeline([
                    RedisCommand("SET", "a", "1"), RedisCommand("LPUSH", "a", "x"), RedisCommand("GET", "a"),
                ])
                #expect(replies.count == 3 && replies[0] == .status("OK") && replies[2].string == "1")
                guard case .error(let error) = replies[1] else {
                    Issue.record("no error among the replies")
                    return
                }
                #expect(error.code == .wrongType)
                #expect(
                    try await redis.transaction([RedisCommand("INCR", "a"), RedisCommand("INCR", "a")])
                        == [.integer(2), .integer(3)])
                let aborted = try await failure { () throws(RedisError) in
                    try await redis.transaction([RedisCommand("INCR", "a"), RedisCommand("NOSUCH")])
                }
                #expect(aborted.server?.code == .transactionAborted)
                #expect(try await redis.get("a") == Array("3".utf8))
            }
        }

        @Test("commands that disturb others are refused", arguments: ["SUBSCRIBE", "BLPOP", "MULTI", "SELECT", "QUIT"])
        func notAllowed(name: String) async throws {
            let redis = try RedisClient(RedisConfiguration(endpoint: .unix(path: "/nowhere")), group: .singleton)
            let error = try await failure { () throws(RedisError) in try await redis.command(name, "x") }
            #expect(error.code == .notAllowed && !error.mayHaveRun)
        }

        @Test("a lent connection waits without holding up others, and is gone after")
        func lent() async throws {
            try await withRedis { _, redis in
                async let popped = redis.withConnection { (connection) throws(RedisError) in
                    try await connection.send(RedisCommand("BLPOP", "list", 5))
                }
                try await eventually("someone waits") {
                    try await redis.command("INFO", "clients").string?.contains("blocked_clients:1") == true
                }
                try await redis.command("RPUSH", "list", "v")
                #expect(try await popped.array?.last?.string == "v")
            }
        }

        @Test("a script runs by its digest, also on a server that forgot it")
        func scripts() async throws {
            try await withRedis { _, redis in
                let script = RedisScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
                #expect(try await redis.run(script, keys: ["n"], arguments: [2]) == .integer(2))
                try await redis.command("SCRIPT", "FLUSH")
                #expect(try await redis.run(script, keys: ["n"], arguments: [3]) == .integer(5))
                #expect(try await redis.run(script, keys: ["n"], arguments: [3]) == .integer(8))
                let error = try await failure { () throws(RedisError) in
                    try await redis.run(RedisScript("return redis.call('INCR', 'n', 'n')"), keys: [])
                }
                #expect(error.mayHaveRun)
            }
        }

        @Test("streams: append, read as a group, acknowledge, claim")
        func streams() async throws {
            try await withRedis { _, redis in
                try await redis.createGroup("g", of: "s")
                try await redis.createGroup("g", of: "s")
                let id = try await redis.appendToStream("s", fields: [("k", [1, 2])])
                #expect(try await redis.readGroup("g", consumer: "a", stream: "s").map(\.id) == [id])
                #expect(try await redis.readGroup("g", consumer: "a", stream: "s") == [])
                let claimed = try await redis.claim(from: "s", group: "g", consumer: "b", idleFor: .zero)
                #expect(
                    claimed.entries == [RedisStreamEntry(id: id, fields: [("k", [1, 2])])] && claimed.next == "0-0")
                #expect(try await redis.acknowledge([id], in: "s", group: "g") == 1)
                #expect(try await redis.acknowledge([id], in: "s", group: "g") == 0)
                async let waited = redis.withConnection { (connection) throws(RedisError) in
                    try await connection.readGroup("g", consumer: "a", stream: "s", waitingFor: .seconds(5))
                }
                try await eventually("someone waits") {
                    try await redis.command("INFO", "clients").string?.contains("blocked_clients:1") == true
                }
                let next = try await redis.appendToStream("s", fields: [("k", [3])], maximumLength: 1_000)
                #expect(try await waited.map(\.id) == [next])
            }
        }

        @Test("databases are apart")
        func databases() async throws {
            try await withServer { server in
                let (zero, seven) = (try server.client(), try server.client { $0.database = 7 })
                defer { zero.shutdown(); seven.shutdown() }
                try await seven.set("k", [7])
                #expect(try await zero.get("k") == nil)
                #expect(try await seven.get("k") == [7])
                let none = try server.client { $0.database = 99 }
                defer { none.shutdown() }
                let error = try await failure { () throws(RedisError) in try await none.ping() }
                #expect(error.code == .authenticationFailed && error.message.contains("the database"))
            }
        }
    }
#endif
