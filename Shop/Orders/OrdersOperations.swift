// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusResilience
import ApusSQL
import ApusService
import OrdersContract

/// The implementation of ``OrdersAPI``.
struct OrdersOperations: Sendable {
    let database: any Database
    let desk: OrderDesk

    func implement(_ service: inout ServiceBuilder) {
        // Who orders is waited for, and what is reserved must not be lost for want of room.
        service.implement(OrdersAPI.placeOrder, priority: .high) { call in
            let order = try await desk.place(call.body, key: call.parameters.idempotencyKey)
            return .created(order, location: "/v1/orders/\(order.id)")
        }
        service.implement(OrdersAPI.getOrder) { call in
            guard let stored = try await OrderStore.find(call.parameters.id, in: database) else {
                throw Problem(.notFound, "There is no order \(call.parameters.id).")
            }
            return stored.order
        }
        service.implement(OrdersAPI.listOrders) { call in
            let page = try await Page(call.parameters, by: \.id) {
                try await OrderStore.list(after: $0, limit: $1, in: database)
            }
            return OrderList(items: page.items, nextCursor: page.nextCursor)
        }
    }
}
