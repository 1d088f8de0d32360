// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusMessaging
import ApusResilience
public import ApusRuntime
public import ApusSQL
public import ApusService
import Foundation
import OrdersContract
import ProductsContract
import UsersContract

/// The orders service: who ordered what.
///
/// It calls users and products, and works on two kinds of messages: its own `order_placed`, which confirms orders, and
/// `user_created` of users, by which it knows its customers.
public struct OrdersService: ServiceProgram {
    public static let name = OrdersAPI.name
    public static var migrations: [Migrations] { [SQLQueueStore.migrations, OrdersSchema.migrations] }

    public init(from settings: inout Settings, service: ServiceSettings) {}

    public init() {}

    public func assemble(_ host: ServiceHost) throws {
        let database = host.database
        let messaging = try host.messaging()
        let products = try host.network.client(of: ProductsAPI.self)
        let confirmation = OrderConfirmation(
            database: database, products: products, logger: host.logger("orders.confirmation"), now: { Date() })
        try messaging.subscribe(MessageType(OrderPlaced.self)) { placed, _ in try await confirmation.handle(placed) }
        let customers = Customers(database: database, logger: host.logger("orders.customers"))
        try messaging.subscribe(MessageType(UserCreated.self)) { user, delivery in
            try await customers.welcome(user, delivery.message)
        }
        try messaging.run(Self.worker)
        let desk = OrderDesk(
            database: database, queue: messaging.outbox, users: try host.network.client(of: UsersAPI.self),
            products: products,
            logger: host.logger("orders.desk"), now: { Date() })
        var builder = host.runtime.builder(of: OrdersAPI.self)
        OrdersOperations(database: database, desk: desk).implement(&builder)
        builder.offer(messaging)
        try host.runtime.serve(builder)
    }

    /// An order must not stay pending: tried for ever, at least every five seconds. The lease is short, so that after a
    /// crash the next process goes on soon; it is extended while a handler runs.
    private static let worker = WorkerConfiguration(
        concurrency: 16, lease: .seconds(4), handlerTimeout: .seconds(15),
        retry: RetryPolicy(
            maximumAttempts: .max, backoff: Backoff(base: .milliseconds(200), maximum: .seconds(5), jitter: .equal)))
}
