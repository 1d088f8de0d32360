// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import Foundation
import ProductsContract

/// The rows of reservations, read and written inside a transaction.
enum ReservationRecords {
    static func find(_ name: String, in transaction: any Transaction) async throws(DatabaseError) -> Reservation? {
        guard
            let row = try await transaction.first(
                "SELECT state, expires_at FROM reservations WHERE name = \(name)")
        else { return nil }
        return try await reservation(name, state: row[0], expires: row[1], in: transaction)
    }

    static func insert(_ reservation: Reservation, in transaction: any Transaction) async throws(DatabaseError) {
        try await transaction.execute(
            """
            INSERT INTO reservations (name, state, expires_at)
            VALUES (\(reservation.orderId), \(reservation.state.rawValue),
                \(reservation.expiresAt.microsecondsSince1970))
            """)
        for (position, item) in reservation.items.enumerated() {
            try await transaction.execute(
                """
                INSERT INTO reservation_items (reservation, position, product_id, quantity, price_cents, currency)
                VALUES (\(reservation.orderId), \(position), \(item.productId), \(item.quantity), \(item.priceCents),
                    \(item.currency))
                """)
        }
    }

    /// Changes the state. `closed` is when it came to a state that needn't be remembered for ever.
    static func set(
        _ name: String, to state: ReservationState, closed: Date? = nil, in transaction: any Transaction
    ) async throws(DatabaseError) {
        try await transaction.execute(
            """
            UPDATE reservations SET state = \(state.rawValue), closed_at = \(closed?.microsecondsSince1970)
            WHERE name = \(name)
            """)
    }

    /// At most `limit` reservations that are held though they expired by `now`, the oldest first.
    static func expired(
        by now: Date, limit: Int, in transaction: any Transaction
    ) async throws(DatabaseError) -> [Reservation] {
        let rows = try await transaction.query(
            """
            SELECT name, expires_at FROM reservations
            WHERE state = 'held' AND expires_at <= \(now.microsecondsSince1970) ORDER BY expires_at LIMIT \(limit)
            """)
        var expired: [Reservation] = []
        for row in rows {
            expired.append(try await reservation(try row[0], state: "held", expires: try row[1], in: transaction))
        }
        return expired
    }

    /// When the next one that is held expires.
    static func nextExpiry(in executor: any SQLExecutor) async throws(DatabaseError) -> Date? {
        let next: Date?? = try await executor.value("SELECT MIN(expires_at) FROM reservations WHERE state = 'held'")
        return next ?? nil
    }

    /// Deletes at most `limit` reservations that were released before `time`.
    static func forget(releasedBefore time: Date, limit: Int, in executor: any SQLExecutor) async throws(DatabaseError)
    {
        try await executor.execute(
            """
            DELETE FROM reservations WHERE name IN (
                SELECT name FROM reservations WHERE closed_at < \(time.microsecondsSince1970)
                ORDER BY closed_at LIMIT \(limit))
            """)
    }

    private static func reservation(
        _ name: String, state: String, expires: Date, in transaction: any Transaction
    ) async throws(DatabaseError) -> Reservation {
        guard let state = ReservationState(rawValue: state) else {
            throw DatabaseError(.decoding, "'\(state)' is no state of a reservation")
        }
        let rows = try await transaction.query(
            """
            SELECT product_id, quantity, price_cents, currency FROM reservation_items
            WHERE reservation = \(name) ORDER BY position
            """)
        var items: [ReservedItem] = []
        for row in rows {
            items.append(
                ReservedItem(
                    productId: try row[0], quantity: try row[1], priceCents: try row[2], currency: try row[3]))
        }
        return Reservation(orderId: name, state: state, items: items, expiresAt: expires)
    }
}
