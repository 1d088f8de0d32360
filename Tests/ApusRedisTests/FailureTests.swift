// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCore
    import ApusResilience
    import ApusTesting
    import NIOPosix
    import RedisTestSupport
    import Testing

    @testable import ApusRedis

    @Suite("The Redis client when things go wrong")
    struct FailureTests {
        @Test("killed and started again: what waited for a reply may have run, and everything works again")
        func killed() async throws {
            try await withRedis(configure: { $0.connections = 1 }) { server, redis in
                try await redis.set("k", [1])
                server.pause()
                let waiting = Task {
                    try await failure { () throws(RedisError) in try await redis.command("INCR", "n") }
                }
                try await eventually("a command on its way") { redis.statistics.pending == 1 }
                try await server.crash()
                let lost = try await waiting.value
                #expect(lost.code == .connectionLost && lost.mayHaveRun)
                try await eventually("the client has noticed") { !redis.health.isOK }
                try await eventually("refused at once") {
                    let began = Instant.now
                    let refused = try await failure { () throws(RedisError) in try await redis.get("k") }
                    return refused.code == .connectFailed && !refused.mayHaveRun
                        && began.duration(to: .now) < .seconds(1)
                }
                try server.launch()
                try await server.answers()
                try await eventually("works again", within: .seconds(2)) {
                    do {
                        return try await redis.get("k") == nil
                    } catch let error as RedisError {
                        return error.code != .connectFailed
                    }
                }
                #expect(redis.health.isOK)
            }
        }

        @Test("a stopped server: the deadline holds, the pipeline stays in step when it goes on")
        func stopped() async throws {
            try await withRedis(configure: { $0.connections = 1 }) { server, redis in
                try await redis.set("k", [1])
                server.pause()
                let error = try await failure { () throws(RedisError) in
                    try await redis.get("k", deadline: .now.advanced(by: .milliseconds(30)))
                }
                #expect(error.code == .timeout && error.mayHaveRun)
                server.resume()
                #expect(try await redis.command("ECHO", "x").string == "x")
                #expect(redis.statistics.dials == 1 && redis.statistics.timeouts == 1)
            }
        }

        @Test("the deadline of the current call is the earliest that counts")
        func callDeadline() async throws {
            try await withRedis { server, redis in
                try await redis.ping()
                server.pause()
                defer { server.resume() }
                let context = CallContext(deadline: .now.advanced(by: .milliseconds(20)))
                let error = try await CallContext.$current.withValue(context) {
                    try await failure { () throws(RedisError) in try await redis.get("k") }
                }
                #expect(error.code == .timeout)
            }
        }

        @Test("a connection that says nothing is given up and made again")
        func unresponsive() async throws {
            let server = try await FakeServer.start { text in
                text.contains("PING") ? .bytes("+PONG\r\n") : .nothing
            }
            let redis = try server.client {
                $0.unresponsiveTimeout = .milliseconds(40)
                $0.backoff = .init(base: .milliseconds(1), maximum: .milliseconds(5), factor: 2, jitter: .full)
            }
            // Connected, however busy the machine is: what isn't sent is not missed.
            try await redis.ping()
            let error = try await failure { () throws(RedisError) in
                try await redis.get("k", deadline: .now.advanced(by: .milliseconds(10)))
            }
            #expect(error.code == .timeout)
            try await eventually("connected anew") {
                redis.statistics.dials >= 2 && redis.statistics.lostConnections == 1
            }
            redis.shutdown()
            try await server.stop()
        }

        @Test("a command that may have run is sent once")
        func once() async throws {
            let server = try await FakeServer.start { text in
                text.contains("PING") ? .bytes("+PONG\r\n") : .close
            }
            let redis = try server.client {
                $0.backoff = .init(base: .milliseconds(1), maximum: .milliseconds(5), factor: 2, jitter: .full)
            }
            let error = try await failure { () throws(RedisError) in try await redis.command("INCR", "n") }
            #expect(error.code == .connectionLost && error.mayHaveRun)
            try await eventually("connected anew") { redis.statistics.dials >= 2 && redis.statistics.connections == 1 }
            #expect(server.received.entries.filter { $0.contains("INCR") }.count == 1)
            redis.shutdown()
            try await server.stop()
        }

        @Test("too many commands are refused")
        func overloaded() async throws {
            try await withRedis(configure: {
                $0.connections = 1; $0.maximumPending = 10
            }) { server, redis in
                try await redis.ping()
                server.pause()
                let tasks = (0..<10).map { _ in Task { try await redis.get("k") } }
                try await eventually("all on their way") { redis.statistics.pending == 10 }
                let error = try await failure { () throws(RedisError) in try await redis.get("k") }
                #expect(error.code == .overloaded && error.retryAfter != nil && !error.mayHaveRun)
                server.resume()
                for task in tasks { #expect(try await task.value == nil) }
                #expect(try await redis.get("k") == nil)
            }
        }

        @Test("a place is free again before its caller goes on")
        func places() async throws {
            try await withRedis(configure: {
                $0.connections = 1; $0.maximumPending = 1
            }) { _, redis in
                for _ in 0..<500 { try await redis.ping() }
            }
        }

        @Test("a value larger than the client sends is refused")
        func tooLarge() async throws {
            let redis = try RedisClient(RedisConfiguration(endpoint: .unix(path: "/nowhere")), group: .singleton)
            let error = try await failure { () throws(RedisError) in
                try await redis.set("k", [UInt8](repeating: 0, count: 100_000_000))
            }
            #expect(error.code == .tooLarge && !error.mayHaveRun)
        }

        @Test("a wrong password, an unknown user and a missing password are told apart, without the secret")
        func passwords() async throws {
            let options = ["--requirepass", "right", "--user", "ada", "on", ">lovelace", "~*", "&*", "+@all"]
            try await withServer(options) { server in
                for (credentials, code) in [
                    (RedisCredentials(password: "hunter2"), RedisServerError.Code.wrongPassword),
                    (RedisCredentials(user: "eve", password: "hunter2"), .wrongPassword),
                    (nil, .authenticationRequired),
                ] {
                    let redis = try RedisClient(server.configuration(credentials), group: .singleton)
                    let error = try await failure { () throws(RedisError) in try await redis.ping() }
                    #expect(error.code == .authenticationFailed && error.server?.code == code && !error.mayHaveRun)
                    #expect(!"\(error)".contains("hunter2"))
                    #expect(!redis.health.isOK)
                    redis.shutdown()
                }
                for credentials in [
                    RedisCredentials(password: "right"), RedisCredentials(user: "ada", password: "lovelace"),
                ] {
                    let redis = try RedisClient(server.configuration(credentials), group: .singleton)
                    try await redis.ping()
                    redis.shutdown()
                }
            }
        }

        @Test("nothing listens: refused with the reason")
        func refused() async throws {
            let redis = try RedisClient(
                RedisConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 1)), group: .singleton)
            let error = try await failure { () throws(RedisError) in try await redis.ping() }
            #expect(error.code == .connectFailed && error.message.contains("refused"))
            redis.shutdown()
            let after = try await failure { () throws(RedisError) in try await redis.ping() }
            #expect(after.code == .closed)
        }

        @Test(
            "a server that speaks something else",
            arguments: [
                "HTTP/1.1 400 Bad Request\r\n\r\n", "\u{16}\u{3}\u{1}\0\0", "*1000000000\r\n", "+PONG\r\n+PONG\r\n",
            ])
        func garbage(answer: String) async throws {
            let server = try await FakeServer.start { _ in .bytes(answer) }
            let redis = try server.client()
            let error = try await failure { () throws(RedisError) in try await redis.get("k") }
            #expect([.connectFailed, .invalidReply].contains(error.code))
            redis.shutdown()
            try await server.stop()
        }

        @Test("a server that accepts and says nothing")
        func silent() async throws {
            let server = try await FakeServer.start { _ in .nothing }
            let redis = try server.client { $0.connectTimeout = .milliseconds(50) }
            let error = try await failure { () throws(RedisError) in try await redis.ping() }
            #expect(error.code == .connectFailed && error.message.contains("connect timeout"))
            redis.shutdown()
            try await server.stop()
        }

        @Test("a server without memory says so")
        func full() async throws {
            try await withRedis(["--maxmemory", "1", "--maxmemory-policy", "noeviction"]) { _, redis in
                let error = try await failure { () throws(RedisError) in try await redis.set("k", [1]) }
                #expect(error.server?.code == .outOfMemory && !error.mayHaveRun)
                #expect(try await redis.get("k") == nil)
            }
        }
    }
#endif
