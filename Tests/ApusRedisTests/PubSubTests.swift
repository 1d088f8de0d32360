// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCore
    import ApusTesting
    import NIOPosix
    import RedisTestSupport
    import Testing

    @testable import ApusRedis

    @Suite("Publish and subscribe")
    struct PubSubTests {
        private func message(_ channel: String, _ text: String) -> RedisEvent {
            .message(RedisMessage(channel: channel, payload: Array(text.utf8)))
        }

        @Test("messages come in order, to channels and to patterns")
        func messages() async throws {
            try await withRedis { _, redis in
                let one = try await redis.subscribe(to: ["a", "b"])
                let all = try await redis.subscribe(to: [], patterns: ["*"])
                for (channel, text) in [("a", "1"), ("b", "2"), ("c", "3")] {
                    try await redis.publish(channel, Array(text.utf8))
                }
                #expect(await one.next() == message("a", "1"))
                #expect(await one.next() == message("b", "2"))
                for expected in [message("a", "1"), message("b", "2"), message("c", "3")] {
                    #expect(await all.next() == expected)
                }
                one.cancel()
                #expect(await one.next() == nil)
                try await eventually("unsubscribed") { try await redis.publish("a", []) == 1 }
            }
        }

        @Test("after a crash of the server the client subscribes again, and the gap is told")
        func resubscribes() async throws {
            try await withRedis { server, redis in
                let news = try await redis.subscribe(to: ["news"])
                try await server.crash()
                #expect(await news.next() == .gap(.disconnected))
                try server.launch()
                #expect(await news.next() == .gap(.resubscribed))
                let other = try server.client()
                defer { other.shutdown() }
                try await other.publish("news", Array("x".utf8))
                #expect(await news.next() == message("news", "x"))
            }
        }

        @Test("a subscriber that is too slow loses messages and is told how many")
        func slow() async throws {
            try await withRedis(configure: { $0.subscriberBuffer = 3 }) { _, redis in
                let slow = try await redis.subscribe(to: ["c"])
                for index in 0..<10 { try await redis.publish("c", Array("\(index)".utf8)) }
                try await eventually("all have come") { redis.statistics.droppedMessages == 7 }
                for index in 0..<3 { #expect(await slow.next() == message("c", "\(index)")) }
                #expect(await slow.next() == .gap(.overflow(7)))
            }
        }

        @Test("cancelling the reader ends its wait, shutting down ends the subscription")
        func ends() async throws {
            try await withRedis { _, redis in
                let news = try await redis.subscribe(to: ["news"])
                let reader = Task { await news.next() }
                reader.cancel()
                #expect(await reader.value == nil)
                redis.shutdown()
                #expect(await news.next() == nil)
                let error = try await failure { () throws(RedisError) in try await redis.subscribe(to: ["x"]) }
                #expect(error.code == .closed)
            }
        }

        @Test("no server, or no permission: a typed error")
        func refused() async throws {
            let nowhere = try RedisClient(RedisConfiguration(endpoint: .unix(path: "/nowhere")), group: .singleton)
            let error = try await failure { () throws(RedisError) in try await nowhere.subscribe(to: ["x"]) }
            #expect(error.code == .connectFailed)
            nowhere.shutdown()
            try await withServer(["--user", "ada", "on", ">lovelace", "~*", "resetchannels", "+@all"]) { server in
                let redis = try RedisClient(
                    server.configuration(RedisCredentials(user: "ada", password: "lovelace")), group: .singleton)
                let error = try await failure { () throws(RedisError) in try await redis.subscribe(to: ["x"]) }
                #expect(error.server?.code == .noPermission)
                redis.shutdown()
            }
        }

        @Test("a connection that gives no sign of life is made again")
        func heartbeat() async throws {
            try await withRedis(configure: { $0.heartbeat = .milliseconds(30) }) { server, redis in
                let news = try await redis.subscribe(to: ["news"])
                server.pause()
                #expect(await news.next() == .gap(.disconnected))
                server.resume()
                #expect(await news.next() == .gap(.resubscribed))
            }
        }
    }
#endif
