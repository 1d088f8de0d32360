// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusCore
    import ApusPostgres
    import ApusSQL
    import Synchronization
    import Testing

    /// Statements of every kind whose effects can be told apart afterwards, and what their callers were told.
    ///
    /// A step writes its own number once as part 0, or twice, as parts 1 and 2, all or nothing. The table has no key: what
    /// was done twice shows.
    final class MixedLoad: Sendable {
        enum Told { case done, failed, mayHaveRun }

        private struct State {
            var lastNumber = 0
            var told: [Int: (parts: Set<Int>, told: Told)] = [:]
            var committed: Set<Int> = []
            var errors = 0
        }

        private let database: PostgresDatabase
        private let state = Mutex(State())

        init(database: PostgresDatabase) {
            self.database = database
        }

        /// Takes so many steps, one after the other.
        func run(steps: Int, random: FastRandom) async {
            var random = random
            for _ in 0..<steps {
                let kind = Int.random(in: 0..<6, using: &random)
                let number = state.withLock { state in
                    state.lastNumber += 1
                    return state.lastNumber
                }
                let began = ContinuousClock.now
                do {
                    try await within(.seconds(5)) { try await step(kind, number) }
                    note(kind, number, .done)
                } catch let error as DatabaseError {
                    #expect(error.isOfTheNetwork, "\(error)")
                    note(kind, number, error.mayHaveRun ? .mayHaveRun : .failed)
                } catch {
                    Issue.record("not typed: \(error)")
                }
                #expect(ContinuousClock.now - began < .seconds(8))
            }
        }

        private func step(_ kind: Int, _ number: Int) async throws {
            switch kind {
            case 0:
                try #require(try await database.value("SELECT \(number)::bigint") == number)
            case 1:
                let change: SQL = "INSERT INTO entries VALUES (\(number), 0)"
                try #require(try await database.execute(change) == 1)
            case 2:
                let changes = try await database.batch([
                    "INSERT INTO entries VALUES (\(number), 1)", "INSERT INTO entries VALUES (\(number), 2)",
                ])
                try #require(changes == [1, 1])
            case 3:
                try await database.transaction { transaction in
                    transaction.afterCommit { self.state.withLock { _ = $0.committed.insert(number) } }
                    try await transaction.execute("INSERT INTO entries VALUES (\(number), 1)")
                    try await transaction.savepoint { inner in
                        _ = try await inner.execute("INSERT INTO entries VALUES (\(number), 2)")
                    }
                }
            case 4:
                let text = String(repeating: "x", count: 2000)
                let back: String? = try await database.value("SELECT \(text)::text")
                try #require(back == text)
            default:
                var next = 1
                try await database.stream("SELECT generate_series(1, 300)::bigint", piece: 50) { rows in
                    for row in rows {
                        try #require(try row.get(0, as: Int.self) == next)
                        next += 1
                    }
                }
                try #require(next == 301)
            }
        }

        private func note(_ kind: Int, _ number: Int, _ told: Told) {
            let parts: Set<Int> = kind == 1 ? [0] : kind == 2 || kind == 3 ? [1, 2] : []
            state.withLock { state in
                if !parts.isEmpty { state.told[number] = (parts, told) }
                if told != .done { state.errors += 1 }
                if kind == 3, told != .done, state.committed.contains(number) {
                    Issue.record("\(number) ran what is to run after the commit, and threw")
                }
            }
        }

        /// Compares what is stored with what was told.
        func check(against database: PostgresDatabase, _ comment: Comment) async throws {
            var stored: [Int: [Int]] = [:]
            try await database.forEachRow("SELECT number, part FROM entries") { row in
                stored[try row.get(0, as: Int.self), default: []].append(try row.get(1, as: Int.self))
            }
            let (told, errors, committed) = state.withLock { ($0.told, $0.errors, $0.committed) }
            for (number, (parts, told)) in told {
                let found = (stored[number] ?? []).sorted()
                switch told {
                case .done: #expect(found == parts.sorted(), "\(comment): acknowledged \(number)")
                case .failed: #expect(found.isEmpty, "\(comment): \(number) was told not to have run")
                case .mayHaveRun:
                    #expect(found.isEmpty || found == parts.sorted(), "\(comment): all or nothing of \(number)")
                }
                if committed.contains(number) { #expect(!found.isEmpty, "\(comment): committed \(number)") }
            }
            #expect(Set(stored.keys).isSubset(of: told.keys))
            // Cuts were felt, and most of the work was done all the same.
            #expect(errors > 0 && told.count { $0.value.told == .done } > told.count / 2, "\(errors) of \(told.count)")
        }
    }
#endif
