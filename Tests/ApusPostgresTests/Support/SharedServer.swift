// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusPostgres
    import ApusSQL
    import ApusTesting

    /// One server for all tests that don't stop it; each gets a schema of its own.
    enum SharedServer {
        private static let server = Result { try PostgresServer() }

        static func get() throws -> PostgresServer { try server.get() }

        /// A database whose schema is empty. To be closed by the caller.
        static func makeDatabase(
            _ configuration: PostgresConfiguration = .init()
        ) async throws -> PostgresDatabase {
            try await get().makeDatabase(configuration)
        }
    }

    extension PostgresServer {
        /// A database in a new schema of this server.
        func makeDatabase(_ configuration: PostgresConfiguration = .init()) async throws -> PostgresDatabase {
            let schema = newSchemaName()
            let database = try PostgresDatabase.open(url: url(schema: schema), configuration: configuration)
            try await database.execute(SQL(raw: "CREATE SCHEMA \(schema)"))
            return database
        }
    }

    /// The error that `body` throws.
    func databaseError(of body: () async throws -> Void) async throws -> DatabaseError {
        do {
            try await body()
        } catch let error as DatabaseError {
            return error
        }
        throw ConformanceFailure("it should have failed")
    }
#endif
