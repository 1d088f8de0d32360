// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// Which part of the orders is asked for.
public struct OrderListing: Described, Hashable {
    /// So many at most; 50 by default.
    public let limit: Int?
    /// Where the page before ended: its `nextCursor`. nil for the first page.
    public let cursor: String?

    public init(limit: Int? = nil, cursor: String? = nil) {
        self.limit = limit
        self.cursor = cursor
    }

    public static let schema = Schema<OrderListing> {
        Field("limit", \.limit, .range(1...200), note: "So many at most; 50 by default.")
        Field("cursor", \.cursor, .length(1...200), note: "The nextCursor of the page before.")
    }
}

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
