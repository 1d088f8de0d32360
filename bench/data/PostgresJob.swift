// SPDX-License-Identifier: Apache-2.0
import ApusPostgres
import ApusSQL

/// A point select by primary key, and an insert of one row.
struct PostgresJob: Sendable {
    private let database: any Database

    init(url: String, connections: Int) throws {
        #if PostgreSQL
            database = try PostgresDatabase.open(
                url: url,
                configuration: PostgresConfiguration(
                    pool: PoolConfiguration(maxOpen: connections, maxIdle: connections)))
        #else
            throw DatabaseError(.misuse, "this build is without the package trait PostgreSQL")
        #endif
    }

    func select(_ number: Int) async throws {
        let wanted = number * Load.step % Load.rows + 1
        let row = try await database.first("SELECT id, name, email FROM bench_users WHERE id = \(wanted)")
        let id: Int? = try row?.get(0)
        let name: String? = try row?.get(1)
        let email: String? = try row?.get(2)
        guard id == wanted, name?.isEmpty == false, email?.isEmpty == false else {
            throw WrongAnswer(description: "wrong row for \(wanted)")
        }
    }

    func insert(_ number: Int) async throws {
        let (name, email) = ("Ada Lovelace", "user\(number)@example.test")
        let count = try await database.execute("INSERT INTO bench_inserts (name, email) VALUES (\(name), \(email))")
        guard count == 1 else { throw WrongAnswer(description: "\(count) rows inserted") }
    }

    func close() async {
        await database.close()
    }
}
