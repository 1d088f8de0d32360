// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusCore
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Testing

    @Suite("PostgreSQL over TLS and on several hosts", .serialized, .bothPlaces)
    struct PostgresTLSTests {
        private let certificates: Certificates
        private let server: PostgresServer

        init() throws {
            certificates = try Certificates()
            server = try PostgresServer(settings: certificates.settings)
        }

        private func url(_ host: String, _ parameters: String) -> String {
            server.url().replacing("127.0.0.1", with: host) + "?" + parameters
        }

        private func failure(_ url: String) async throws -> DatabaseError {
            let database = try PostgresDatabase.open(url: url)
            let began = ContinuousClock.now
            let error = try await databaseError { _ = try await database.query("SELECT 1") }
            // It won't be better after a while, so nobody waits for it.
            #expect(ContinuousClock.now - began < .seconds(2))
            #expect(error.code == .cannotOpen && !error.mayHaveRun, "\(error)")
            #expect(!error.message.contains("s3cret"))
            #expect(database.statistics.open == 0)
            await database.close()
            return error
        }

        @Test("verify-full takes the right name and authority, and says what is wrong with any other")
        func certificates() async throws {
            let authority = "sslrootcert=\(certificates.authority)"
            let database = try PostgresDatabase.open(url: url("localhost", "sslmode=verify-full&\(authority)"))
            let isEncrypted: SQL = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            #expect(try await database.value(isEncrypted) == true)
            let large = [UInt8](repeating: 7, count: 5_000_000)
            #expect(try await database.value("SELECT \(large)::bytea", as: [UInt8].self) == large)

            let name = try await failure(url("127.0.0.1", "sslmode=verify-full&\(authority)"))
            #expect(name.message.contains("localhost") && name.message.contains("127.0.0.1"), "\(name)")
            let unknown = try await failure(
                url("localhost", "sslmode=verify-full&sslrootcert=\(certificates.otherAuthority)"))
            #expect(unknown.message.contains("authority") && unknown.message.contains("sslrootcert"), "\(unknown)")
            let missing = try await failure(url("localhost", "sslmode=verify-full&sslrootcert=/nowhere/ca.pem"))
            #expect(missing.message.contains("/nowhere/ca.pem"), "\(missing)")

            try certificates.issue(days: -1)
            server.signal(1)
            try await eventually("the expired certificate is used") {
                let fresh = try PostgresDatabase.open(url: url("localhost", "sslmode=verify-full&\(authority)"))
                defer { Task { await fresh.close() } }
                do {
                    return try await fresh.query("SELECT 1").isEmpty
                } catch let error as DatabaseError {
                    return error.code == .cannotOpen
                }
            }
            let expired = try await failure(url("localhost", "sslmode=verify-full&\(authority)"))
            #expect(expired.message.contains("certificate") && expired.message.contains("expired"), "\(expired)")
            // What is connected stays so.
            #expect(try await database.value(isEncrypted) == true)
            await database.close()
        }

        @Test("a handshake that breaks off is tried again, since the next may succeed")
        func brokenHandshake() async throws {
            // The request for TLS and its answer are 9 bytes, the hello that follows is longer than 100.
            let proxy = try FaultProxy(to: .port(server.port), faults: .init(cutAfter: 60...100), seed: 1)
            let database = try PostgresDatabase.open(
                url: server.url(port: proxy.port) + "?sslmode=require",
                configuration: .init(pool: .init(acquireTimeout: .milliseconds(400), dialBackoff: .milliseconds(10))))
            let error = try await databaseError { _ = try await database.query("SELECT 1") }
            #expect(error.code == .cannotOpen && error.message.contains("SSL"), "\(error)")
            #expect(database.statistics.dialFailures > 1)
            proxy.stop()
            await database.close()
        }

        @Test("hosts are tried in order: one that is down, one that only reads; their certificates are checked too")
        func hosts() async throws {
            let reader = try PostgresServer(settings: ["default_transaction_read_only=on"])
            let password = server.url().split(separator: "@")[0]
            let tls = "sslmode=verify-full&sslrootcert=\(certificates.authority)"
            let down = "\(password)@127.0.0.1:1,localhost:\(server.port)/postgres?\(tls)"
            let database = try PostgresDatabase.open(url: down)
            #expect(try await database.value("SELECT inet_server_port()") == server.port)
            await database.close()
            let writable =
                "\(password)@127.0.0.1:1,127.0.0.1:\(reader.port),127.0.0.1:\(server.port)/postgres"
                + "?target_session_attrs=read-write"
            let writer = try PostgresDatabase.open(url: writable)
            #expect(try await writer.value("SELECT inet_server_port()") == server.port)
            await writer.close()
            let both = try PostgresDatabase.open(
                url: "\(password)@127.0.0.1:1,127.0.0.1:2/postgres",
                configuration: .init(pool: .init(acquireTimeout: .milliseconds(300))))
            let error = try await databaseError { _ = try await both.query("SELECT 1") }
            #expect(error.code == .cannotOpen && error.message.contains("port 1 ") && error.message.contains("port 2 "))
            await both.close()
        }
    }
#endif
