// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCore
    import ApusTesting
    import Foundation
    import NIOPosix
    import RedisTestSupport
    import Testing

    @testable import ApusRedis

    @Suite("Redis over TLS")
    struct TLSTests {
        @Test("works with the right authority, fails with a reason without it or under another name")
        func certificates() async throws {
            try await withTLSServer { folder, port in
                let good = try RedisClient(
                    RedisConfiguration(url: "rediss://localhost:\(port)?ca=\(folder.path)/cert.pem"), group: .singleton)
                try await good.set("k", [1])
                #expect(try await good.get("k") == [1])
                let news = try await good.subscribe(to: ["news"])
                try await good.publish("news", [2])
                #expect(await news.next() == .message(RedisMessage(channel: "news", payload: [2])))
                good.shutdown()
                for url in ["rediss://localhost:\(port)", "rediss://127.0.0.1:\(port)?ca=\(folder.path)/cert.pem"] {
                    let bad = try RedisClient(RedisConfiguration(url: url), group: .singleton)
                    let error = try await failure { () throws(RedisError) in try await bad.ping() }
                    #expect(error.code == .connectFailed && error.message.contains("TLS"), "\(error)")
                    bad.shutdown()
                }
                let plain = try RedisClient(RedisConfiguration(url: "redis://localhost:\(port)"), group: .singleton)
                let error = try await failure { () throws(RedisError) in try await plain.ping() }
                #expect(error.code == .connectFailed)
                plain.shutdown()
            }
        }

        @Test("an expired certificate is a failed connection that says so, and no caller waits for it")
        func expired() async throws {
            try await withTLSServer(days: -1) { folder, port in
                let client = try RedisClient(
                    RedisConfiguration(url: "rediss://localhost:\(port)?ca=\(folder.path)/cert.pem"), group: .singleton)
                let began = Instant.now
                let error = try await failure { () throws(RedisError) in try await client.ping() }
                #expect(error.code == .connectFailed && error.message.contains("expired"), "\(error)")
                #expect(began.duration(to: .now) < .seconds(1))
                guard case .degraded(let reason) = client.health else {
                    Issue.record("health is \(client.health)")
                    return
                }
                #expect(reason.contains("expired"), "\(reason)")
                client.shutdown()
            }
        }

        @Test("files that can't be read are a problem of the configuration")
        func files() {
            #expect(throws: InvalidConfiguration.self) {
                try RedisClient(RedisConfiguration(url: "rediss://localhost?ca=/nowhere/ca.pem"), group: .singleton)
            }
        }
    }
#endif
