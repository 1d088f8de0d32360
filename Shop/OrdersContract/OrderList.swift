// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// A page of orders.
public struct OrderList: Described, Hashable {
    public let items: [Order]
    /// What to ask the next page with; nil if this is the last.
    public let nextCursor: String?

    public init(items: [Order], nextCursor: String? = nil) {
        self.items = items
        self.nextCursor = nextCursor
    }

    public static let schema = Schema<OrderList> {
        Field("items", \.items)
        Field("nextCursor", \.nextCursor)
    }
}
