// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import ApusSQLite
import ApusTesting

/// What a running shop has stored, read past its services: orders, their messages, and the reservations at products.
struct ShopBooks {
    private let orders: String
    private let products: String

    init(of shop: ShopProcess) {
        orders = "sqlite:\(shop.data)/orders/orders.db"
        products = "sqlite:\(shop.data)/products/products.db"
    }

    /// Checks that there are these orders, each with a reservation that was committed, and nothing beside them; and
    /// that no message is left.
    func check(_ expected: [Int], _ hint: String) async throws {
        let orders = try await SQLiteDatabase.open(url: orders)
        let products = try await SQLiteDatabase.open(url: products)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await check(expected, hint, orders, products))
        } catch {
            outcome = .failure(error)
        }
        await orders.close()
        await products.close()
        try outcome.get()
    }

    private func check(
        _ expected: [Int], _ hint: String, _ orders: SQLiteDatabase, _ products: SQLiteDatabase
    ) async throws {
        let stored = try await orders.query("SELECT id, reservation FROM orders ORDER BY id")
        let ids: [Int] = try stored.map { try $0[0] }
        let reservations: [String] = try stored.map { try $0[1] }
        guard ids == expected.sorted() else { throw ConformanceFailure("other orders are stored (\(hint))") }
        try await eventually("every message is handled (\(hint))", within: .seconds(10)) {
            // 2: done. One that nobody can publish again is deleted when it is.
            try await orders.value(
                "SELECT COUNT(*) FROM apus_queue WHERE type LIKE '%order_placed%' AND state <> 2") == 0
        }
        let committed: [String] = try await products.query(
            "SELECT name FROM reservations WHERE state = 'committed' ORDER BY name"
        ).map { try $0[0] }
        guard Set(reservations).count == reservations.count, committed == reservations.sorted() else {
            throw ConformanceFailure(
                "\(committed.count) reservations are committed, for \(reservations.count) orders (\(hint))")
        }
    }
}
