// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Foundation
    import Testing

    @Suite("PostgreSQL that is away for half a minute", .serialized)
    struct PostgresOutageTests {
        private static let outage = Duration.seconds(30)

        /// Resident bytes of this process.
        private var memory: Int {
            get throws {
                let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
                return (Int(pages) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
            }
        }

        @Test("callers fail typed and in time, dials are few and apart, memory stays, and it recovers within 2 s")
        func outage() async throws {
            let failures = Journal<ContinuousClock.Instant>()
            let server = try PostgresServer(settings: ["synchronous_commit=on"])
            let pool = PoolConfiguration(maxOpen: 10, maxIdle: 10, acquireTimeout: .seconds(1))
            let database = try await server.makeDatabase(
                .init(
                    pool: pool,
                    report: { event in
                        if case .dialFailed = event { failures.append(.now) }
                    }))
            try await database.execute("CREATE TABLE t (id BIGINT PRIMARY KEY)")
            let load = Load()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { await load.run(on: database) }
                }
                try await eventually("the load runs") { load.outcome.succeeded > 200 }
                let memory = try memory
                let dials = database.statistics.dials
                server.stop(.immediate)
                let began = ContinuousClock.now
                var worst = database.statistics
                try await eventually("the outage is over", within: Self.outage + .seconds(5)) {
                    let now = database.statistics
                    worst.waiting = max(worst.waiting, now.waiting)
                    worst.dialing = max(worst.dialing, now.dialing)
                    return ContinuousClock.now - began >= Self.outage
                }
                guard case .down = database.health else {
                    Issue.record("health is \(database.health)")
                    return
                }
                // 50 ms doubled up to 1 s, of which half is random: 0.75 s apart on average.
                let tried = database.statistics.dials - dials
                #expect((20...70).contains(tried))
                #expect(worst.waiting <= 8 && worst.dialing <= 4)
                #expect(try self.memory - memory < 32 << 20)
                try server.start()
                let back = ContinuousClock.now
                let before = load.outcome.succeeded
                try await eventually("it has recovered", within: .seconds(2)) { load.outcome.succeeded > before + 100 }
                #expect(ContinuousClock.now - back < .seconds(2))
                load.end()
                try await group.waitForAll()
            }
            let pauses = zip(failures.entries, failures.entries.dropFirst()).map { $1 - $0 }.dropFirst(6)
            let (shortest, longest) = (pauses.min() ?? .zero, pauses.max() ?? .zero)
            #expect(shortest >= .milliseconds(450) && longest <= .milliseconds(1500), "\(pauses)")
            #expect(longest - shortest > .milliseconds(100), "\(pauses)")

            let result = load.outcome
            #expect(result.errors.count { $0.mayHaveRun } <= 10)
            for error in result.errors {
                #expect(error.code == (error.mayHaveRun ? .connectionLost : .cannotOpen), "\(error)")
            }
            #expect(result.longestFailure < .milliseconds(1500))
            var stored: Set<Int> = []
            try await database.forEachRow("SELECT id FROM t") { stored.insert(try $0[0]) }
            #expect(result.acknowledged.isSubset(of: stored))
            #expect(stored.subtracting(result.acknowledged).isSubset(of: result.doubtful))
            #expect(database.health == .up)
            await database.close()
        }
    }
#endif
