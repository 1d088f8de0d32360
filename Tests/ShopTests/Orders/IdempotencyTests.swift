// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusSQL
import ApusSQLite
import ApusService
import ApusTesting
import OrdersContract
import ProductsContract
import Testing
import UsersContract

@testable import Orders

@Suite("Idempotency keys of orders")
struct IdempotencyTests {
    @Test("The same key with the same body returns the same order, also when it is confirmed")
    func sameOrder() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let product = try await shop.product(stock: 5)
            let first = try await shop.place(2, of: product, by: user, key: "a")
            let second = try await shop.place(2, of: product, by: user, key: "a")
            #expect(first.id == second.id)
            _ = try await shop.ended(first)
            let third = try await shop.place(2, of: product, by: user, key: "a")
            #expect(third.id == first.id)
            #expect(third.state == .confirmed)
            #expect(try await shop.stock(of: product) == 3)
        }
    }

    @Test("The same key with another body is refused")
    func otherBody() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let product = try await shop.product(stock: 5)
            _ = try await shop.place(2, of: product, by: user, key: "a")
            await #expect(throws: Kind(OrdersAPI.keyReused)) {
                try await kind { try await shop.place(1, of: product, by: user, key: "a") }
            }
            #expect(try await shop.stock(of: product) == 3)
        }
    }

    @Test("A key belongs to its user: with another's the same key makes an order of its own")
    func otherUser() async throws {
        try await RunningShop.with { shop in
            let (ada, eve) = (try await shop.user("ada@example.test"), try await shop.user("eve@example.test"))
            let product = try await shop.product(stock: 5)
            let first = try await shop.place(2, of: product, by: ada, key: "a")
            let second = try await shop.place(1, of: product, by: eve, key: "a")
            #expect(second.id != first.id && second.userId == eve.id)
            #expect(try await shop.place(2, of: product, by: ada, key: "a").id == first.id)
            #expect(try await shop.ended(second).state == .confirmed)
            #expect(try await shop.stock(of: product) == 2)
        }
    }

    @Test("Keys that were stored when they were everybody's are still their users'")
    func migration() async throws {
        let folder = try TemporaryFolder()
        let database = try await SQLiteDatabase.open(url: "sqlite:\(folder.path)/orders.db")
        let before = Migrations(Array(OrdersSchema.migrations.migrations.prefix(2)))
        try await before.run(on: database)
        let insert: (Int, String?) -> SQL = { user, key in
            """
            INSERT INTO orders (user_id, state, total_cents, currency, reservation, idempotency_key, created_at)
            VALUES (\(user), 'confirmed', 1, 'EUR', 'key:a', \(key), 0)
            """
        }
        try await database.execute(insert(1, "a"))
        try await OrdersSchema.migrations.run(on: database)
        #expect(try await OrderStore.find(key: "a", of: 1, in: database)?.order.userId == 1)
        #expect(try await OrderStore.find(key: "a", of: 2, in: database) == nil)
        try await database.execute(insert(2, "a"))
        try await database.execute(insert(2, nil))
        try await database.execute(insert(2, nil))
        await #expect(throws: DatabaseError.self) { try await database.execute(insert(2, "a")) }
        await database.close()
    }

    @Test("Attempts with one key at the same time make one order and take from stock once")
    func atTheSameTime() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            // Enough for one: none of the attempts may stand in another's way.
            let product = try await shop.product(stock: 2)
            let ids = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await shop.place(2, of: product, by: user, key: "a").id }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            let order = try await shop.order(try #require(ids.first))
            #expect(try await shop.ended(order).state == .confirmed)
            #expect(try await shop.stock(of: product) == 0)
            #expect(try await shop.count("SELECT COUNT(*) FROM orders", in: "orders") == 1)
        }
    }

    @Test("Without a key each attempt is an order")
    func withoutKey() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let product = try await shop.product(stock: 5)
            let first = try await shop.place(2, of: product, by: user)
            let second = try await shop.place(2, of: product, by: user)
            #expect(first.id != second.id)
            #expect(try await shop.stock(of: product) == 1)
        }
    }

    @Test("A refused attempt leaves the key free")
    func afterRefusal() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let product = try await shop.product(stock: 1)
            await #expect(throws: Kind(OrdersAPI.outOfStock)) {
                try await kind { try await shop.place(2, of: product, by: user, key: "a") }
            }
            let order = try await shop.place(1, of: product, by: user, key: "a")
            #expect(try await shop.ended(order).state == .confirmed)
        }
    }

    @Test("An attempt that broke off after its reservation is taken up by the next, without taking from stock twice")
    func takenUp() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let product = try await shop.product(stock: 2)
            _ = try await shop.reserve(2, of: product, for: "user:\(user.id):key:a")
            let order = try await shop.place(2, of: product, by: user, key: "a")
            #expect(try await shop.ended(order).state == .confirmed)
            #expect(try await shop.stock(of: product) == 0)
        }
    }

    @Test("An attempt whose earlier reservation was given back reserves anew")
    func reservedAnew() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let product = try await shop.product(stock: 2)
            _ = try await shop.reserve(2, of: product, for: "user:\(user.id):key:a")
            try await shop.products.call(ProductsAPI.release, ReservationReference(orderId: "user:\(user.id):key:a"))
            let order = try await shop.place(2, of: product, by: user, key: "a")
            #expect(try await shop.ended(order).state == .confirmed)
            #expect(try await shop.stock(of: product) == 0)
        }
    }
}
