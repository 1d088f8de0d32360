// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusCore
    import ApusSQL
    import ApusTesting
    import Synchronization
    import Testing

    @testable import ApusPostgres

    @Suite("PostgreSQL with ten times more clients than connections", .bothPlaces)
    struct PostgresFairnessTests {
        private struct Client {
            var turns = 0
            /// Turns before which more got a connection, while it waited for one, than there are others.
            var late = 0
        }

        private final class Score: Sendable {
            let clients = Mutex([Client](repeating: Client(), count: 50))

            func note(_ client: Int, before: Int) {
                clients.withLock { clients in
                    clients[client].turns += 1
                    // 49 others, and a few that come between asking and counting.
                    if before > 49 + 5 { clients[client].late += 1 }
                }
            }
        }

        // Turns aren't compared: a client whose statement meets a backend that the machine doesn't let run has fewer of
        // them, while nobody else waits for it. And a thread may be stopped between asking and counting, so one late turn
        // proves nothing; a queue that isn't fair makes many, or lets somebody wait for ever.
        @Test("whoever waits for a connection waits for no more than one turn of every other client")
        func fairness() async throws {
            let pool = PoolConfiguration(maxOpen: 5, maxIdle: 5, acquireTimeout: .seconds(30))
            let database = try await SharedServer.makeDatabase(.init(pool: pool))
            let score = Score()
            let ends = Tally()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<50 {
                    group.addTask {
                        while ends.value == 0 {
                            let asked = database.statistics.acquired
                            let loan = try await database.pool.take(at: CallSite())
                            score.note(client, before: database.statistics.acquired - asked - 1)
                            _ = try await loan.postgres.query("SELECT \(client)::bigint", until: .distantFuture)
                            database.pool.giveBack(loan)
                        }
                    }
                }
                try await eventually("everyone had many turns") {
                    score.clients.withLock { $0.allSatisfy { $0.turns >= 100 } }
                }
                ends.increment()
                try await group.waitForAll()
            }
            let unfair = score.clients.withLock { $0.filter { $0.late * 20 > $0.turns } }
            #expect(unfair.isEmpty)
            #expect(database.statistics.open <= 5)
            await database.close()
        }
    }
#endif
