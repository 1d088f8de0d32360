// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCore
    import ApusTesting
    import Foundation
    import NIOPosix
    import RedisTestSupport
    import Testing

    @testable import ApusRedis

    @Suite("Redis whose bytes are corrupted on their way", .serialized)
    struct CorruptedBytesTests {
        private struct Outcome {
            var right = 0
            var wrong = 0
            var errors: [RedisError] = []
        }

        /// What is asked for in each round. Gives what came back.
        private func round(_ client: RedisClient, _ number: Int) async throws(RedisError) -> [RedisValue] {
            var back: [RedisValue] = []
            let bytes = Array("value \(number)".utf8)
            try await client.set("k\(number)", bytes)
            back.append(.bytes(try await client.get("k\(number)") ?? []))
            back += try await client.pipeline([
                RedisCommand("ECHO", "a"), RedisCommand("LRANGE", ["letters", 0, -1]), RedisCommand("ECHO", "b"),
            ])
            back.append(
                try await client.run(RedisScript("return {1, 'two', {3, false}, redis.status_reply('four')}"), keys: [])
            )
            back.append(.integer(Int64(try await client.readGroup("g", consumer: "c", stream: "s").count)))
            let news = try await client.subscribe(to: ["n\(number)"])
            defer { news.cancel() }
            try await client.publish("n\(number)", bytes)
            return back
        }

        private func expected(_ number: Int) -> [RedisValue] {
            [
                .bytes(Array("value \(number)".utf8)), .bytes([97]),
                .array((0..<50).map { .bytes(Array("letter \($0)".utf8)) }), .bytes([98]),
                .array([.integer(1), .bytes(Array("two".utf8)), .array([.integer(3), .null]), .status("four")]),
                .integer(0),
            ]
        }

        /// Runs rounds, eight at a time, each with a new client.
        private func rounds(_ count: Int, _ configuration: RedisConfiguration) async throws -> Outcome {
            var configuration = configuration
            configuration.connections = 1
            configuration.connectTimeout = .milliseconds(300)
            configuration.commandTimeout = .milliseconds(300)
            configuration.unresponsiveTimeout = .milliseconds(300)
            let next = Tally()
            return try await withThrowingTaskGroup(of: Outcome.self) { group in
                for _ in 0..<8 {
                    group.addTask { [configuration] in
                        var outcome = Outcome()
                        while true {
                            let number = next.increment()
                            if number > count { return outcome }
                            let client = try RedisClient(configuration, group: .singleton)
                            defer { client.shutdown() }
                            let began = Instant.now
                            do throws(RedisError) {
                                let back = try await round(client, number)
                                if back == expected(number) { outcome.right += 1 } else { outcome.wrong += 1 }
                            } catch {
                                outcome.errors.append(error)
                            }
                            // As many commands as a round has.
                            #expect(began.duration(to: .now) < .milliseconds(7 * 300 + 1000), "round \(number)")
                        }
                    }
                }
                return try await group.reduce(into: Outcome()) { sum, part in
                    sum.right += part.right
                    sum.wrong += part.wrong
                    sum.errors += part.errors
                }
            }
        }

        private var openDescriptors: Int {
            get throws { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        }

        private func check(
            _ proxy: FaultProxy, rounds count: Int, direct: RedisClient, _ configuration: RedisConfiguration
        ) async throws -> Outcome {
            _ = try await direct.pipeline(
                (0..<50).map { RedisCommand("RPUSH", ["letters", .string("letter \($0)")]) })
            try await direct.createGroup("g", of: "s")
            let whole = try await rounds(8, configuration)
            #expect(whole.right == 8, "without corruption: \(whole)")
            try await eventually("all are closed") { proxy.statistics.open == 0 }
            let before = try openDescriptors
            proxy.faults = .init(corruptFrom: 0...1500, corruption: 1.0 / 64)
            let outcome = try await rounds(count, configuration)
            #expect(proxy.statistics.corrupted >= count, "seed \(proxy.seed)")
            #expect(outcome.errors.count > count / 4, "seed \(proxy.seed)")
            try await eventually("all are closed") { proxy.statistics.open == 0 }
            try await eventually("no descriptor is left over") { try openDescriptors <= before }
            return outcome
        }

        @Test(
            "no crash, no hang, no leak: every caller gets a reply or a typed error in time",
            arguments: [1, 2] as [UInt64])
        func plain(seed: UInt64) async throws {
            try await withRedis { server, direct in
                let proxy = try FaultProxy(to: .unix(path: server.socket), seed: seed)
                defer { proxy.stop() }
                _ = try await check(
                    proxy, rounds: 300, direct: direct,
                    RedisConfiguration(endpoint: .tcp(host: "127.0.0.1", port: proxy.port)))
            }
        }

        @Test("over TLS nothing but what was sent is ever taken for a reply")
        func encrypted() async throws {
            try await withTLSServer { folder, port in
                let authority = "?ca=\(folder.path)/cert.pem"
                let direct = try RedisClient(
                    RedisConfiguration(url: "rediss://localhost:\(port)\(authority)"), group: .singleton)
                defer { direct.shutdown() }
                let proxy = try FaultProxy(to: .port(port), seed: 3)
                defer { proxy.stop() }
                let outcome = try await check(
                    proxy, rounds: 200, direct: direct,
                    RedisConfiguration(url: "rediss://localhost:\(proxy.port)\(authority)"))
                #expect(outcome.wrong == 0)
                for error in outcome.errors { #expect(error.isOfTheNetwork, "\(error)") }
            }
        }
    }
#endif
