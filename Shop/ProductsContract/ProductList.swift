// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// A page of products.
public struct ProductList: Described, Hashable {
    public let items: [Product]
    /// What to ask the next page with; nil if this is the last.
    public let nextCursor: String?

    public init(items: [Product], nextCursor: String? = nil) {
        self.items = items
        self.nextCursor = nextCursor
    }

    public static let schema = Schema<ProductList> {
        Field("items", \.items)
        Field("nextCursor", \.nextCursor)
    }
}
