// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// What an order is made from.
public struct NewOrder: Described, Hashable {
    public let userId: Int
    public let items: [Item]

    public init(userId: Int, items: [Item]) {
        self.userId = userId
        self.items = items
    }

    /// So many of one product.
    public struct Item: Described, Hashable {
        public let productId: Int
        public let quantity: Int

        public init(productId: Int, quantity: Int) {
            self.productId = productId
            self.quantity = quantity
        }

        public static let schema = Schema<Item>("NewOrderItem") {
            Field("productId", \.productId)
            Field("quantity", \.quantity, .range(1...10_000))
        }
    }

    public static let schema = Schema<NewOrder> {
        Field("userId", \.userId)
        Field("items", \.items, .count(1...100), .unique(by: \.productId, "product"))
    }
}
