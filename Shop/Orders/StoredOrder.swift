// SPDX-License-Identifier: Apache-2.0
import OrdersContract

/// An order, and the name of its reservation at products.
struct StoredOrder: Sendable {
    let order: Order
    let reservation: String

    /// Whether `new` asks for the same: the same user, the same items in the same order.
    func isSame(as new: NewOrder) -> Bool {
        order.userId == new.userId
            && order.items.map { NewOrder.Item(productId: $0.productId, quantity: $0.quantity) } == new.items
    }
}
