// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusSQL
import Foundation
import ProductsContract

/// The products, with what can still be ordered of each.
struct Catalogue: Sendable {
    let database: any Database
    /// The wall clock.
    let now: @Sendable () -> Date

    private static let columns: SQL = "id, name, price_cents, currency, stock, created_at, version"

    /// - Parameter transaction: the one to do it in; nil for none.
    func create(_ new: NewProduct, in transaction: (any Transaction)? = nil) async throws -> VersionedProduct {
        let created = (now().timeIntervalSince1970 * 1000).rounded(.down) / 1000
        let rows = try await (transaction ?? database).query(
            """
            INSERT INTO products (name, price_cents, currency, stock, created_at, version)
            VALUES (\(new.name), \(new.priceCents), \(new.currency), \(new.stock),
                \(Date(timeIntervalSince1970: created).microsecondsSince1970), 1)
            RETURNING \(Self.columns)
            """)
        return try Self.product(from: rows[0])
    }

    /// - Throws: `not_found`.
    func product(_ id: Int) async throws -> VersionedProduct {
        try await Self.find(id, in: database)
    }

    /// At most `limit` products with ids above `id`, in their order.
    func list(after id: Int, limit: Int) async throws -> [Product] {
        try await database.query(
            "SELECT \(Self.columns) FROM products WHERE id > \(id) ORDER BY id LIMIT \(limit)"
        ).map { try Self.product(from: $0).product }
    }

    /// - Throws: `not_found`, `precondition_failed`.
    func update(_ condition: ItemCondition, _ changes: ProductChanges) async throws -> VersionedProduct {
        try await database.transaction(attempts: 5) { transaction in
            let stored = try await Self.find(condition.id, in: transaction)
            guard stored.etag.fulfils(ifMatch: condition.ifMatch) else {
                throw Problem(.preconditionFailed, "The product was changed since; its ETag is \(stored.etag) now.")
            }
            let old = stored.product
            let rows = try await transaction.query(
                """
                UPDATE products SET name = \(changes.name ?? old.name),
                    price_cents = \(changes.priceCents ?? old.priceCents),
                    currency = \(changes.currency ?? old.currency), stock = \(changes.stock ?? old.stock),
                    version = version + 1
                WHERE id = \(condition.id) RETURNING \(Self.columns)
                """)
            return try Self.product(from: rows[0])
        }
    }

    private static func find(_ id: Int, in executor: any SQLExecutor) async throws -> VersionedProduct {
        guard let row = try await executor.first("SELECT \(columns) FROM products WHERE id = \(id)") else {
            throw Problem(.notFound, "There is no product \(id).")
        }
        return try product(from: row)
    }

    private static func product(from row: Row) throws(DatabaseError) -> VersionedProduct {
        VersionedProduct(
            product: Product(
                id: try row[0], name: try row[1], priceCents: try row[2], currency: try row[3], stock: try row[4],
                createdAt: try row[5]),
            version: try row[6])
    }
}
