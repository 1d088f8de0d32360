// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    import ApusPostgres
    import ApusSQL
    import ApusTesting
    import Foundation
    import TestSupport
    import Testing

    @Suite("PostgreSQL and bad input")
    struct PostgresInputTests {
        @Test("a URL that can't work is refused with what is wrong and without the password")
        func urls() throws {
            for url in [
                "mysql://a:hunter2@b/c", "", "postgres://u:hunter2@h/db?sslmod=require", "postgres://u:hunter2@[h",
            ] {
                let error = #expect(throws: DatabaseError.self) { _ = try PostgresDatabase.open(url: url) }
                #expect(error?.code == .cannotOpen)
                #expect(error?.message.contains("hunter2") == false, "\(error?.message ?? "")")
            }
        }

        @Test("a wrong password and a wrong database are refused at once")
        func refused() async throws {
            let server = try SharedServer.get()
            let began = ContinuousClock.now
            for (url, state) in [
                (server.url(password: "wrong"), "28P01"), (server.url(database: "nowhere"), "3D000"),
                (server.url() + "?sslmode=require", nil), (server.url() + "?sslmode=maybe", nil),
                ("postgres://a@127.0.0.1:port/b", nil),
            ] {
                let database = try PostgresDatabase.open(url: url)
                let error = try await databaseError { _ = try await database.query("SELECT 1") }
                #expect(error.code == .cannotOpen)
                #expect(error.engineCode == state)
                #expect(!error.mayHaveRun)
                await database.close()
            }
            #expect(ContinuousClock.now - began < .seconds(3))
        }

        @Test("a server that isn't there is an error after the acquire timeout, which says so")
        func unreachable() async throws {
            let pool = PoolConfiguration(acquireTimeout: .milliseconds(300))
            let database = try PostgresDatabase.open(
                url: "postgres://postgres@127.0.0.1:1/postgres", configuration: .init(pool: pool))
            let error = try await databaseError { _ = try await database.query("SELECT 1") }
            #expect(error.code == .cannotOpen && error.message.contains("refused"), "\(error)")
            guard case .down = database.health else {
                Issue.record("health is \(database.health)")
                return
            }
            await database.close()
        }

        @Test("a server that takes connections and says nothing is an error after the acquire timeout, or the deadline")
        func silent() async throws {
            let server = try SharedServer.get()
            let proxy = try FaultProxy(to: .port(server.port), seed: 1)
            proxy.pause()
            let pool = PoolConfiguration(acquireTimeout: .milliseconds(300))
            let database = try PostgresDatabase.open(
                url: server.url(port: proxy.port), configuration: .init(pool: pool, dialTimeout: .seconds(2)))
            let began = ContinuousClock.now
            let error = try await databaseError { _ = try await database.query("SELECT 1") }
            #expect(error.code == .cannotOpen && !error.mayHaveRun && error.message.contains("0.3 s"), "\(error)")
            let hurried = try await databaseError {
                try await within(.milliseconds(50)) { _ = try await database.query("SELECT 1") }
            }
            #expect(hurried.code == .timeout && !hurried.mayHaveRun, "\(hurried)")
            #expect(ContinuousClock.now - began < .seconds(1))
            // Once such a connection has been given up, health says what is wrong.
            try await eventually("it is down") {
                if case .down(let reason) = database.health { return reason.contains("timeout") }
                return false
            }
            proxy.stop()
            await database.close()
        }

        @Test(
            "a full disk: typed errors, nothing of a failed statement stays, and it goes on once there is room",
            .enabled(if: geteuid() == 0))
        func fullDisk() async throws {
            let disk = try SmallDisk(at: "/tmp/apus-disk-\(UUID().uuidString.prefix(8))", megabytes: 4)
            try #require(Self.giveToPostgres(disk.path))
            let database = try await SharedServer.makeDatabase()
            let space = database.configuration.applicationName + "_\(UUID().uuidString.prefix(8).lowercased())"
            try await database.execute(SQL(raw: "CREATE TABLESPACE \(space) LOCATION '\(disk.path)'"))
            try await database.execute(SQL(raw: "CREATE TABLE t (id BIGINT, word TEXT) TABLESPACE \(space)"))
            let word = String(repeating: "x", count: 1000)
            let fill: SQL = "INSERT INTO t SELECT n, \(word) FROM generate_series(1, 10000) AS n"
            let error = try await databaseError { try await database.execute(fill) }
            #expect(error.code == .diskFull && !error.mayHaveRun && error.engineCode == "53100", "\(error)")
            #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
            try disk.resize(megabytes: 40)
            try await database.execute(fill)
            #expect(try await database.value("SELECT COUNT(*) FROM t") == 10_000)
            try await database.execute("DROP TABLE t")
            try await database.execute(SQL(raw: "DROP TABLESPACE \(space)"))
            await database.close()
        }

        private static func giveToPostgres(_ path: String) -> Bool {
            guard let user = getpwnam("postgres") else { return false }
            return chown(path, user.pointee.pw_uid, user.pointee.pw_gid) == 0
        }

        @Test("values that don't fit are refused typed, and the connection goes on")
        func values() async throws {
            let database = try await SharedServer.makeDatabase()
            try await database.execute(
                "CREATE TABLE t (small SMALLINT, word TEXT, flag BOOLEAN, js JSONB, v VARCHAR(3), r REAL, d DATE)")
            let cases: [(SQL, DatabaseError.Code)] = [
                ("INSERT INTO t (small) VALUES (\(70_000))", .invalidValue),
                ("INSERT INTO t (small) VALUES (\(1.5))", .invalidValue),
                ("INSERT INTO t (word) VALUES (\("a\0b"))", .invalidValue),
                ("INSERT INTO t (js) VALUES (\("a\0b"))", .invalidValue),
                ("INSERT INTO t (js) VALUES (\("{nonsense"))", .invalidValue),
                ("INSERT INTO t (flag) VALUES (\(7))", .invalidValue),
                ("INSERT INTO t (v) VALUES (\("long"))", .invalidValue),
                ("INSERT INTO t (r) VALUES (\(1e300))", .invalidValue),
                ("INSERT INTO t (d) VALUES (\(Date(timeIntervalSince1970: -1e13)))", .invalidValue),
                ("INSERT INTO t (d) VALUES (\(Date(timeIntervalSince1970: 1e16)))", .invalidValue),
                ("SELECT \("nonsense")::text::int", .invalidValue),
                ("SELECT \("99999nonsense")::text::date", .invalidValue),
                ("SELECT ('99999' || \("999999"))::int", .invalidValue),
                ("SELECT now() AT TIME ZONE \("nonsense")", .invalidValue),
                ("SELECT DATE '294954-01-01'", .decoding),
                (SQL(raw: "SELECT 1\0 nonsense"), .syntax),
                ("SELECT 1 / \(0)", .invalidValue),
                (SQL(raw: "SELECT $1::int"), .syntax),
                ("SELECT 1; SELECT \(2)", .syntax),
                ("SELECT inet '127.0.0.1' AS address", .decoding),
                (SQL(raw: "COPY t FROM STDIN"), .misuse),
            ]
            for (sql, code) in cases {
                let error = try await databaseError { _ = try await database.query(sql) }
                #expect(error.code == code, "\(error)")
                #expect(!error.message.contains("nonsense") && !error.message.contains("99999") && !error.mayHaveRun)
            }
            let failure = try await databaseError {
                try await database.batch([
                    "INSERT INTO t (small) VALUES (1)", "INSERT INTO t (small) VALUES (\(70_000))",
                ])
            }
            #expect(failure.code == .invalidValue)
            #expect(try await database.value("SELECT COUNT(*) FROM t") == 0)
            await database.close()
        }

        @Test("values of every type come back")
        func types() async throws {
            let database = try await SharedServer.makeDatabase()
            let date = Date(microsecondsSince1970: 1_700_000_000_123_456)
            try await database.execute("CREATE TYPE mood AS ENUM ('glad', 'sad')")
            let row = try await database.first(
                """
                SELECT \(date)::timestamptz AS stamp, \(date)::bigint AS micros, 1.50::numeric AS price,
                    SUM(x)::numeric AS total, -0.0007::numeric AS tiny, 'glad'::mood AS mood, \(true)::boolean AS flag,
                    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS id, '{"a": 1}'::jsonb AS js, \(1.5)::float4 AS half,
                    120000000000::numeric AS big, \(date)::date AS day, \([] as [UInt8])::bytea AS empty
                FROM (VALUES (1::bigint), (2::bigint)) AS numbers (x)
                """)
            let found = try #require(row)
            #expect(try found["stamp"] == date)
            #expect(try found["micros"] == date)
            #expect(try found["price"] == "1.50")
            #expect(try found["total"] == 3)
            #expect(try found["tiny"] == "-0.0007")
            #expect(try found["mood"] == "glad")
            #expect(try found["flag"] == true)
            #expect(try found["id"] == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
            #expect(try found["js"] == #"{"a": 1}"#)
            #expect(try found["half"] == 1.5)
            #expect(try found["big"] == 120_000_000_000)
            #expect(try found["day"] == Date(microsecondsSince1970: 1_699_920_000_000_000))
            #expect(try found["empty"] == [UInt8]())
            await database.close()
        }

        @Test("100 MB go there and back, and their buffers aren't kept")
        func large() async throws {
            let database = try await SharedServer.makeDatabase()
            try await database.execute("CREATE TABLE t (a BYTEA)")
            let bytes = [UInt8](repeating: 7, count: 100_000_000)
            try await database.execute("INSERT INTO t VALUES (\(bytes))")
            #expect(database.statistics.open == 0)
            let back: [UInt8]? = try await database.value("SELECT a FROM t")
            #expect(back == bytes)
            await database.close()
        }

        @Test("a unique violation names constraint, table and columns, and no value")
        func constraint() async throws {
            let database = try await SharedServer.makeDatabase()
            try await database.execute("CREATE TABLE t (a TEXT, b TEXT, CONSTRAINT only_one UNIQUE (a, b))")
            try await database.execute("INSERT INTO t VALUES (\("secret"), \("x"))")
            let error = try await databaseError {
                try await database.execute("INSERT INTO t VALUES (\("secret"), \("x"))")
            }
            #expect(error.constraint == "only_one" && error.table == "t" && error.columns == ["a", "b"])
            #expect(!"\(error)".contains("secret"))
            await database.close()
        }
    }
#endif
