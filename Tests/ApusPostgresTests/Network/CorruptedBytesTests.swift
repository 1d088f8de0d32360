// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusCore
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Foundation
    import Testing

    @Suite("PostgreSQL whose bytes are corrupted on their way", .serialized, .bothPlaces)
    struct CorruptedBytesTests {
        /// What is asked for in each round. Gives what came back.
        private func round(_ database: PostgresDatabase) async throws -> [SQLValue] {
            let rows = try await database.query(
                """
                SELECT n, n::numeric / 3, n::text, sha256(n::text::bytea), now(), n::float8, '{"a": [1, 2]}'::jsonb,
                    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, n % 2 = 0, DATE '2024-02-29', NULL::bigint
                FROM generate_series(1, 20) AS n
                """)
            try await database.batch(["SELECT 1", "SELECT 2"])
            try await database.transaction { transaction in
                _ = try await transaction.query("SELECT \(7)::bigint, \("text")")
            }
            var streamed: [SQLValue] = []
            try await database.stream("SELECT generate_series(1, 100)::bigint", piece: 30) { rows in
                for row in rows { streamed.append(try row.get(0, as: SQLValue.self)) }
            }
            return try rows.map { try $0.get(0, as: SQLValue.self) } + streamed
        }

        private let expected = ((1...20).map { $0 } + (1...100).map { $0 }).map { SQLValue.integer($0) }

        /// Runs rounds, eight at a time, each with a new database.
        ///
        /// - Returns: how many gave what is expected, how many something else, and the errors of the others.
        private func rounds(
            _ count: Int, url: String
        ) async throws -> (right: Int, wrong: Int, errors: [DatabaseError]) {
            let next = Tally()
            let (right, wrong, errors) = (Tally(), Tally(), Journal<DatabaseError>())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        while next.increment() <= count {
                            let pool = PoolConfiguration(
                                maxOpen: 2, maxIdle: 2, validationTimeout: .milliseconds(100),
                                acquireTimeout: .milliseconds(300))
                            let database = try PostgresDatabase.open(
                                url: url, configuration: .init(pool: pool, dialTimeout: .seconds(2)))
                            let began = ContinuousClock.now
                            do {
                                let values = try await within(.milliseconds(500)) { try await round(database) }
                                (values == expected ? right : wrong).increment()
                            } catch let error as DatabaseError {
                                errors.append(error)
                            }
                            await database.close()
                            let took = ContinuousClock.now - began
                            #expect(took < .seconds(4), "round \(next.value)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            return (right.value, wrong.value, errors.entries)
        }

        private var openDescriptors: Int {
            get throws { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        }

        private func check(
            port: Int, rounds count: Int, seed: UInt64, url: (Int) throws -> String
        ) async throws -> (wrong: Int, errors: [DatabaseError]) {
            let proxy = try FaultProxy(to: .port(port), seed: seed)
            // The first connections make what lives as long as the process.
            let whole = try await rounds(8, url: url(proxy.port))
            #expect(whole.right == 8, "without corruption")
            try await eventually("all are closed") { proxy.statistics.open == 0 }
            let before = try openDescriptors
            proxy.faults = .init(corruptFrom: 0...6000, corruption: 1.0 / 64)
            let result = try await rounds(count, url: url(proxy.port))
            #expect(proxy.statistics.corrupted >= count, "seed \(seed)")
            #expect(result.errors.count > count / 3, "seed \(seed)")
            // A connection that is being made is given up after its own time.
            try await eventually("all are closed", within: .seconds(20)) { proxy.statistics.open == 0 }
            try await eventually("no descriptor is left over") { try openDescriptors <= before }
            proxy.stop()
            return (result.wrong, result.errors)
        }

        @Test(
            "no crash, no hang, no leak: every caller gets rows or a typed error in time",
            arguments: [1, 2] as [UInt64])
        func plain(seed: UInt64) async throws {
            let server = try SharedServer.get()
            _ = try await check(port: server.port, rounds: 200, seed: seed) { server.url(port: $0) }
        }

        @Test("over TLS nothing but what was sent is ever taken for an answer")
        func encrypted() async throws {
            let certificates = try Certificates()
            let server = try PostgresServer(settings: certificates.settings)
            let (wrong, errors) = try await check(port: server.port, rounds: 200, seed: 3) { port in
                server.url(port: port).replacing("127.0.0.1", with: "localhost")
                    + "?sslmode=verify-full&sslrootcert=\(certificates.authority)"
            }
            #expect(wrong == 0)
            for error in errors { #expect(error.isOfTheNetwork, "\(error)") }
        }
    }
#endif
