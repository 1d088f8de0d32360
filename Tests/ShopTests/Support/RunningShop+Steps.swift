// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusMessaging
import ApusSQL
import ApusService
import ApusTelemetry
import ApusTesting
import OrdersContract
import ProductsContract
import UsersContract

extension RunningShop {
    func user(_ email: String = "ada@example.test") async throws -> User {
        try await users.call(UsersAPI.createUser, body: NewUser(name: "Ada Lovelace", email: email))
    }

    func product(stock: Int, priceCents: Int = 1250, currency: String = "EUR") async throws -> Product {
        try await products.call(
            ProductsAPI.createProduct,
            body: NewProduct(name: "Box", priceCents: priceCents, currency: currency, stock: stock))
    }

    func stock(of product: Product) async throws -> Int {
        try await products.call(ProductsAPI.getProduct, ItemReference(id: product.id)).stock
    }

    func place(
        _ items: [NewOrder.Item], by user: User, key: String? = nil
    ) async throws(ServiceError) -> Order {
        try await orders.call(
            OrdersAPI.placeOrder, OrderKey(idempotencyKey: key), body: NewOrder(userId: user.id, items: items))
    }

    func place(_ quantity: Int, of product: Product, by user: User, key: String? = nil) async throws(ServiceError)
        -> Order
    {
        try await place([NewOrder.Item(productId: product.id, quantity: quantity)], by: user, key: key)
    }

    func order(_ id: Int) async throws -> Order {
        try await orders.call(OrdersAPI.getOrder, ItemReference(id: id))
    }

    /// Waits until the worker has ended the order.
    func ended(_ order: Order) async throws -> Order {
        try await eventually("the order ended") { try await self.order(order.id).state != .pending }
        return try await self.order(order.id)
    }

    func reserve(
        _ quantity: Int, of product: Product, for order: String, expiresInSeconds: Int? = nil
    ) async throws(ServiceError) -> Reservation {
        try await products.call(
            ProductsAPI.reserve, ReservationReference(orderId: order),
            body: NewReservation(
                items: [NewReservation.Item(productId: product.id, quantity: quantity)],
                expiresInSeconds: expiresInSeconds))
    }

    /// A number from the database of a service.
    func count(_ sql: SQL, in service: String) async throws -> Int {
        guard let host = services[service]?.host else { throw ConformanceFailure("no service \(service)") }
        return try await host.database.value(sql) ?? 0
    }
}

extension RunningShop {
    /// Relays `order_placed` to orders, as a message that comes once more would be.
    func publishPlaced(_ id: Int, by user: User) async throws {
        let placed = OrderPlaced(
            orderId: id, userId: user.id, items: [], totalCents: 1, currency: "EUR", createdAt: user.createdAt)
        var random = FastRandom()
        let message = try Message(
            placed, as: MessageType(OrderPlaced.self), source: "/tests", id: Message.newID(using: &random),
            created: user.createdAt)
        let network = ServiceNetwork(resolver: resolver, http: http, metrics: MetricsRegistry())
        try await HTTPRelayTransport(network: network, token: nil).send(message, to: "orders")
    }
}
