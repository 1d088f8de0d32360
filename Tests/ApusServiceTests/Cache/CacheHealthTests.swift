// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCache
    import ApusTelemetry
    import ApusTesting
    import Logging
    import Testing

    @testable import ApusService

    @Suite("The health of a cache on Redis")
    struct CacheHealthTests {
        @Test("the first failure is logged, each of another kind, and that it works again; nothing twice")
        func log() {
            let target = MemoryLogTarget()
            let output = LogOutput(target: target, service: "notes", level: .info)
            let log = CacheHealthLog(output.logger(label: "redis"))
            let wrong = CacheError(.init("authentication_failed"), "h:1 refused the user or the password: WRONGPASS")
            log.note(nil)
            for _ in 0..<3 { log.note(wrong) }
            log.note(CacheError(.init("cancelled"), "the task was cancelled"))
            for _ in 0..<3 { log.note(CacheError(.full, "Redis answered OOM")) }
            for _ in 0..<3 { log.note(nil) }
            output.flush()
            let lines = target.lines
            #expect(lines.count == 3, "\(lines)")
            #expect(
                lines.first?.contains("WRONGPASS") == true && lines.first?.contains("authentication_failed") == true)
            #expect(lines.first?.contains(#""level":"warning""#) == true)
            #expect(lines.last?.contains("works with Redis again") == true)
        }

        @Test("/health tells a wrong password from a server that isn't there", .timeLimit(.minutes(1)))
        func reasons() async throws {
            let redis = try await RedisServer.start(["--requirepass", "right"])
            defer { redis.stop() }
            let wrong = redis.url.replacing("redis+unix://", with: "redis+unix://:hunter2@")
            for (url, reason) in [(wrong, "authentication_failed"), ("redis+unix:///nowhere", "connect_failed")] {
                try await RunningProgram.with(["REDIS_URL": url]) { program in
                    var answer = ""
                    try await eventually("\(reason) in /health") {
                        answer = try await program.get("/health").body
                        return answer.contains(#""lastError":"\#(reason)""#)
                    }
                    #expect(!answer.contains("hunter2"))
                    let metrics = try await program.get("/metrics").body
                    #expect(metrics.contains(#"cache_remote_failures_total{reason="full"} 0"#))
                }
            }
        }

        @Test("/health says that Redis is full, though it answers", .timeLimit(.minutes(1)))
        func full() async throws {
            let redis = try await RedisServer.start(["--maxmemory", "1"])
            defer { redis.stop() }
            try await RunningProgram.with(["REDIS_URL": redis.url]) { program in
                _ = try await program.get("/cache")
                try await eventually("full in /health") {
                    try await program.get("/health").body.contains(#""lastError":"full""#)
                }
                let metrics = try await program.get("/metrics").body
                #expect(!metrics.contains(#"cache_remote_failures_total{reason="full"} 0"#))
            }
        }
    }
#endif
