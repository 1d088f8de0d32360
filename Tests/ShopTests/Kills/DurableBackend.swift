// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import ApusTesting
import Testing

#if PostgreSQL
    import ApusPostgres
#endif

/// A place where the shop keeps what must not be lost: each row of ``all`` is one.
struct DurableBackend: Sendable, CustomTestStringConvertible {
    let name: String
    /// Ends the server behind it as a crash would, and starts it again; nil where there is no server.
    var restart: (@Sendable () throws -> Void)?
    /// Makes the storage of a new shop.
    let make: @Sendable (TemporaryFolder) async throws -> ShopStorage

    static var all: [DurableBackend] {
        var rows = [
            DurableBackend(name: "SQLite") { folder in
                ShopStorage(databases: urls { "sqlite:\(folder.path)/\($0)/\($0).db" })
            }
        ]
        #if PostgreSQL
            rows.append(
                DurableBackend(
                    name: "PostgreSQL",
                    restart: {
                        let server = try PostgresForKills.server.get()
                        server.stop(.immediate)
                        try server.start()
                    }
                ) { _ in
                    let server = try PostgresForKills.server.get()
                    let schema = server.newSchemaName()
                    let admin = try PostgresDatabase.open(url: server.url())
                    for service in ShopStorage.services {
                        try await admin.execute(SQL(raw: "CREATE DATABASE \(service)_\(schema)"))
                    }
                    await admin.close()
                    return ShopStorage(databases: urls { server.url(database: "\($0)_\(schema)") })
                })
        #endif
        return rows
    }

    var testDescription: String { name }

    private static func urls(_ url: (String) -> String) -> [String: String] {
        Dictionary(uniqueKeysWithValues: ShopStorage.services.map { ($0, url($0)) })
    }
}

#if PostgreSQL
    /// The server that the shops of these tests share.
    enum PostgresForKills {
        static let server = Result { try PostgresServer() }
    }
#endif
