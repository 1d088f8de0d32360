// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusContract
    import ApusHTTP
    import ApusPostgres
    import ApusSQL
    import ApusService
    import ApusTesting
    import Testing
    import UsersContract

    /// A request holds a statement on the server no longer than somebody wants its answer.
    @Suite("A client that goes away, as PostgreSQL sees it", .serialized, .timeLimit(.minutes(1)))
    struct PostgresClientGoneTests {
        private static let server = Result { try PostgresServer() }

        /// Runs `body` with a shop whose users are on PostgreSQL and can't be read, as somebody has locked them.
        private func withLockedUsers(
            _ body: (_ port: Int, _ user: Int, _ watcher: PostgresDatabase) async throws -> Void
        ) async throws {
            let server = try Self.server.get()
            let name = "users_\(server.newSchemaName())"
            let admin = try PostgresDatabase.open(url: server.url())
            try await admin.execute(SQL(raw: "CREATE DATABASE \(name)"))
            await admin.close()
            let url = server.url(database: name)
            try await RunningShop.with(databases: ["users": url]) { shop in
                let id = try await shop.user().id
                let port = try #require(shop.services["users"]?.endpoint?.port)
                let locker = try PostgresDatabase.open(url: url)
                let watcher = try PostgresDatabase.open(url: url)
                try await locker.transaction { transaction in
                    try await transaction.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
                    try await body(port, id, watcher)
                }
                await locker.close()
                await watcher.close()
                // Nothing is left behind that keeps the service from its work.
                #expect(try await shop.users.call(UsersAPI.getUser, ItemReference(id: id)).id == id)
                let changed = try await shop.users.call(
                    UsersAPI.updateUser, ItemCondition(id: id), body: UserChanges(name: "Ada King"))
                #expect(changed.name == "Ada King")
            }
        }

        private func waiting(_ watcher: PostgresDatabase) async throws -> Int {
            try await watcher.value(
                """
                SELECT COUNT(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM users%'
                """) ?? 0
        }

        private func request(
            _ text: String, headers: String = "", body: String = "", to port: Int
        ) throws -> RawSocket {
            let socket = try RawSocket(port: port)
            let length = body.isEmpty ? "" : "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
            try socket.send("\(text) HTTP/1.1\r\nHost: test\r\n\(headers)\(length)\r\n\(body)")
            return socket
        }

        @Test("its read is cancelled, unless another waits for the same")
        func read() async throws {
            try await withLockedUsers { port, user, watcher in
                var first: RawSocket? = try request("GET /v1/users/\(user)", to: port)
                try await eventually("the statement waits") { try await waiting(watcher) == 1 }
                // The same user is loaded once, another one for itself, by which the second request is known to have come.
                var second: RawSocket? = try request("GET /v1/users/\(user)", to: port)
                var third: RawSocket? = try request("GET /v1/users/\(user + 1)", to: port)
                try await eventually("another statement waits") { try await waiting(watcher) == 2 }
                withExtendedLifetime(first) {}
                first = nil
                withExtendedLifetime(third) {}
                third = nil
                try await eventually("the other statement is gone", within: .seconds(3)) {
                    try await waiting(watcher) == 1
                }
                withExtendedLifetime(second) {}
                second = nil
                try await eventually("nobody's statement is gone", within: .seconds(3)) {
                    try await waiting(watcher) == 0
                }
            }
        }

        @Test("the deadline of its request ends the statement, and the answer says so")
        func deadline() async throws {
            try await withLockedUsers { port, user, watcher in
                let socket = try request(
                    "GET /v1/users/\(user)", headers: "Apus-Timeout-Ms: 300\r\nConnection: close\r\n", to: port)
                try await eventually("the statement waits") { try await waiting(watcher) == 1 }
                try await eventually("the statement is gone", within: .seconds(3)) { try await waiting(watcher) == 0 }
                let answer = try socket.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 504") && answer.contains("deadline_exceeded"), "\(answer)")
            }
        }

        @Test("its change is cancelled with its transaction")
        func change() async throws {
            try await withLockedUsers { port, user, watcher in
                var socket: RawSocket? = try request("PATCH /v1/users/\(user)", body: #"{"name":"Eve"}"#, to: port)
                try await eventually("the statement waits") { try await waiting(watcher) == 1 }
                withExtendedLifetime(socket) {}
                socket = nil
                try await eventually("the statement is gone", within: .seconds(3)) { try await waiting(watcher) == 0 }
                try await eventually("and its transaction", within: .seconds(3)) {
                    try await watcher.value(
                        """
                        SELECT COUNT(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND query NOT LIKE 'LOCK%'
                        """) == 0
                }
            }
        }
    }
#endif
