// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusPostgres
    import ApusSQL
    import Synchronization

    /// Tasks that insert numbers until they are told to end, and what came of it.
    final class Load: Sendable {
        struct Outcome {
            var isRunning = true
            var lastNumber = 0
            var succeeded = 0
            var errors: [DatabaseError] = []
            /// Those whose insert succeeded, and those of which that isn't known.
            var acknowledged: Set<Int> = []
            var doubtful: Set<Int> = []
            /// How long a caller waited that got an error.
            var longestFailure = Duration.zero
        }

        private let state = Mutex(Outcome())

        var outcome: Outcome { state.withLock { $0 } }

        func end() {
            state.withLock { $0.isRunning = false }
        }

        /// Inserts into `t (id)`, one after the other.
        func run(on database: PostgresDatabase) async {
            while let number = next() {
                let began = ContinuousClock.now
                do throws(DatabaseError) {
                    try await database.execute("INSERT INTO t VALUES (\(number))")
                    state.withLock { state in
                        state.succeeded += 1
                        state.acknowledged.insert(number)
                    }
                } catch {
                    state.withLock { state in
                        state.errors.append(error)
                        state.longestFailure = max(state.longestFailure, ContinuousClock.now - began)
                        if error.mayHaveRun { state.doubtful.insert(number) }
                    }
                }
            }
        }

        private func next() -> Int? {
            state.withLock { state in
                state.lastNumber += 1
                return state.isRunning ? state.lastNumber : nil
            }
        }
    }
#endif
