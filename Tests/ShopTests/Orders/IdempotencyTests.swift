// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusSQL
import ApusService
import ApusTesting
import OrdersContract
import ProductsContract
import Testing

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
            _ = try await shop.reserve(2, of: product, for: "key:a")
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
            _ = try await shop.reserve(2, of: product, for: "key:a")
            try await shop.products.call(ProductsAPI.release, ReservationReference(orderId: "key:a"))
            let order = try await shop.place(2, of: product, by: user, key: "a")
            #expect(try await shop.ended(order).state == .confirmed)
            #expect(try await shop.stock(of: product) == 0)
        }
    }
}
