// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusSQL
import ApusService
import ApusTesting
import OrdersContract
import ProductsContract
import Testing
import UsersContract

@Suite("Orders")
struct OrdersTests {
    @Test("An order is pending, is then confirmed with the prices it was placed at, and lowers the stock once")
    func flow() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let product = try await shop.product(stock: 5)
            let placed = try await shop.place(2, of: product, by: user)
            #expect(placed.state == .pending)
            #expect(placed.totalCents == 2500)
            let ended = try await shop.ended(placed)
            #expect(ended.state == .confirmed)
            #expect(ended.totalCents == 2500)
            #expect(ended.confirmedAt != nil)
            #expect(try await shop.stock(of: product) == 3)
        }
    }

    @Test("An unknown user, an unknown product and too little stock are refused, and take nothing")
    func refusals() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let product = try await shop.product(stock: 3)
            let other = try await shop.product(stock: 3)
            let unknown = NewOrder.Item(productId: 999, quantity: 1)
            let one = NewOrder.Item(productId: product.id, quantity: 1)
            await #expect(throws: Kind(OrdersAPI.unknownUser)) {
                try await kind {
                    try await shop.orders.call(
                        OrdersAPI.placeOrder, OrderKey(), body: NewOrder(userId: 999, items: [one]))
                }
            }
            await #expect(throws: Kind(OrdersAPI.unknownProduct)) {
                try await kind { try await shop.place([one, unknown], by: user) }
            }
            await #expect(throws: Kind(OrdersAPI.outOfStock)) {
                try await kind {
                    try await shop.place([one, NewOrder.Item(productId: other.id, quantity: 4)], by: user)
                }
            }
            #expect(try await shop.stock(of: product) == 3)
            #expect(try await shop.stock(of: other) == 3)
        }
    }

    @Test("Prices in two currencies are refused, and what was reserved is given back")
    func mixedCurrencies() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let euro = try await shop.product(stock: 3)
            let franc = try await shop.product(stock: 3, currency: "CHF")
            let items = [euro, franc].map { NewOrder.Item(productId: $0.id, quantity: 1) }
            await #expect(throws: Kind(OrdersAPI.mixedCurrencies)) {
                try await kind { try await shop.place(items, by: user, key: "mixed") }
            }
            #expect(try await shop.stock(of: euro) == 3)
            #expect(try await shop.stock(of: franc) == 3)
        }
    }

    @Test("Without stock that suffices for all, exactly so many orders succeed as there is stock for")
    func neverOversold() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let product = try await shop.product(stock: 20)
            let placed = try await withThrowingTaskGroup(of: Order?.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        do {
                            return try await kind { try await shop.place(1, of: product, by: user) }
                        } catch let refusal as Kind where refusal == Kind(OrdersAPI.outOfStock) {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: [Order]()) { orders, order in
                    if let order { orders.append(order) }
                }
            }
            #expect(placed.count == 20)
            for order in placed { #expect(try await shop.ended(order).state == .confirmed) }
            #expect(try await shop.stock(of: product) == 0)
        }
    }

    @Test("An order whose reservation expired is confirmed if there is still enough, and rejected otherwise")
    func expiredBeforeConfirmation() async throws {
        try await RunningShop.with { shop in
            let user = try await shop.user()
            let product = try await shop.product(stock: 5)
            // What the worker finds when products was away for longer than the reservation holds.
            let orders = try #require(shop.services["orders"]?.host.database)
            for (id, quantity) in [(101, 4), (102, 2)] {
                let name = "order-\(id)"
                _ = try await shop.reserve(quantity, of: product, for: name)
                try await shop.products.call(ProductsAPI.release, ReservationReference(orderId: name))
                try await orders.execute(
                    """
                    INSERT INTO orders (id, user_id, state, total_cents, currency, reservation, created_at)
                    VALUES (\(id), \(user.id), 'pending', 1, 'EUR', \(name), 0)
                    """)
            }
            for (id, state) in [(102, OrderState.confirmed), (101, .rejected)] {
                try await shop.publishPlaced(id, by: user)
                #expect(try await shop.ended(try await shop.order(id)).state == state)
            }
            #expect(try await shop.stock(of: product) == 3)
        }
    }
}
