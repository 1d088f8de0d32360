// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusSQL
    import ApusTesting

    /// A database that notes the errors that its users get.
    struct WatchedDatabase: Database {
        let database: any Database
        let errors = Journal<DatabaseError>()

        var dialect: Dialect { database.dialect }

        func query(_ sql: SQL) async throws(DatabaseError) -> [Row] {
            do { return try await database.query(sql) } catch { throw note(error) }
        }

        func execute(_ sql: SQL) async throws(DatabaseError) -> Int {
            do { return try await database.execute(sql) } catch { throw note(error) }
        }

        func batch(_ statements: [SQL]) async throws(DatabaseError) -> [Int] {
            do { return try await database.batch(statements) } catch { throw note(error) }
        }

        func stream(_ sql: SQL, piece: Int, _ body: ([Row]) async throws -> Void) async throws {
            do {
                try await database.stream(sql, piece: piece, body)
            } catch {
                if let error = error as? DatabaseError { _ = note(error) }
                throw error
            }
        }

        func transaction<Value: Sendable>(
            isolation: Isolation, at place: CallSite, _ body: (any Transaction) async throws -> Value
        ) async throws -> Value {
            do {
                return try await database.transaction(isolation: isolation, at: place, body)
            } catch {
                if let error = error as? DatabaseError { _ = note(error) }
                throw error
            }
        }

        func close() async { await database.close() }

        private func note(_ error: DatabaseError) -> DatabaseError {
            errors.append(error)
            return error
        }
    }
#endif
