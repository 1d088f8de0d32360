// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import Foundation
import OrdersContract

/// The orders in the database: its SQL and nothing else.
enum OrderStore {
    private static let columns: SQL =
        "id, user_id, state, total_cents, currency, created_at, confirmed_at, reservation"

    /// Stores the order as pending.
    ///
    /// - Throws: `uniqueViolation` if the user has used its idempotency key before.
    static func insert(_ draft: OrderDraft, in transaction: any Transaction) async throws -> Order {
        let rows = try await transaction.query(
            """
            INSERT INTO orders (user_id, state, total_cents, currency, reservation, idempotency_key, created_at)
            VALUES (\(draft.userId), \(OrderState.pending.rawValue), \(draft.totalCents), \(draft.currency),
                \(draft.reservation), \(draft.idempotencyKey), \(draft.created.microsecondsSince1970))
            RETURNING id
            """)
        let id: Int = try rows[0][0]
        for (position, item) in draft.items.enumerated() {
            try await transaction.execute(
                """
                INSERT INTO order_items (order_id, position, product_id, quantity, price_cents)
                VALUES (\(id), \(position), \(item.productId), \(item.quantity), \(item.priceCents))
                """)
        }
        return Order(
            id: id, userId: draft.userId, state: .pending, items: draft.items, totalCents: draft.totalCents,
            currency: draft.currency, createdAt: draft.created)
    }

    static func find(_ id: Int, in executor: any SQLExecutor) async throws -> StoredOrder? {
        try await orders("\(columns) FROM orders WHERE id = \(id)", in: executor).first
    }

    /// The order that `user` placed with the idempotency key `key`.
    static func find(key: String, of user: Int, in executor: any SQLExecutor) async throws -> StoredOrder? {
        try await orders(
            "\(columns) FROM orders WHERE user_id = \(user) AND idempotency_key = \(key)", in: executor
        ).first
    }

    /// At most `limit` orders with ids above `id`, in their order.
    static func list(after id: Int, limit: Int, in executor: any SQLExecutor) async throws -> [Order] {
        try await orders(
            "\(columns) FROM orders WHERE id > \(id) ORDER BY id LIMIT \(limit)", in: executor
        ).map(\.order)
    }

    /// Ends a pending order; one that isn't pending stays as it is.
    ///
    /// - Parameter confirmed: when it was confirmed; nil to reject it.
    /// - Returns: whether it was pending.
    static func end(_ id: Int, confirmed: Date?, in executor: any SQLExecutor) async throws(DatabaseError) -> Bool {
        let state = confirmed == nil ? OrderState.rejected : .confirmed
        return try await executor.execute(
            """
            UPDATE orders SET state = \(state.rawValue), confirmed_at = \(confirmed?.microsecondsSince1970)
            WHERE id = \(id) AND state = 'pending'
            """) == 1
    }

    private static func orders(_ selection: SQL, in executor: any SQLExecutor) async throws -> [StoredOrder] {
        let rows = try await executor.query("SELECT \(selection)")
        let ids: [Int] = try rows.map { try $0[0] }
        guard !ids.isEmpty else { return [] }
        let itemRows = try await executor.query(
            """
            SELECT order_id, product_id, quantity, price_cents FROM order_items WHERE order_id IN (\(list: ids))
            ORDER BY order_id, position
            """)
        var items: [Int: [OrderItem]] = [:]
        for row in itemRows {
            items[try row[0], default: []].append(
                OrderItem(productId: try row[1], quantity: try row[2], priceCents: try row[3]))
        }
        return try rows.map { row in
            let id: Int = try row[0]
            guard let state = OrderState(rawValue: try row[2]) else {
                throw DatabaseError(.decoding, "order \(id) is in no known state")
            }
            let order = Order(
                id: id, userId: try row[1], state: state, items: items[id] ?? [], totalCents: try row[3],
                currency: try row[4], createdAt: try row[5], confirmedAt: try row[6])
            return StoredOrder(order: order, reservation: try row[7])
        }
    }
}
