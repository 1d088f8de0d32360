// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// What shall change in a product; nil stays as it is.
public struct ProductChanges: Described, Hashable {
    public let name: String?
    public let priceCents: Int?
    public let currency: String?
    /// How many can be ordered from now on, whatever is reserved.
    public let stock: Int?

    public init(name: String? = nil, priceCents: Int? = nil, currency: String? = nil, stock: Int? = nil) {
        self.name = name
        self.priceCents = priceCents
        self.currency = currency
        self.stock = stock
    }

    public static let schema = Schema<ProductChanges> {
        Field("name", \.name, .length(1...200), .notBlank)
        Field("priceCents", \.priceCents, .range(0...1_000_000_000))
        Field("currency", \.currency, .upperCaseCode(3))
        Field("stock", \.stock, .range(0...1_000_000_000))
    }
    .refusingNull()
    .requiring("empty", "must change at least one field") { changes in
        changes.name != nil || changes.priceCents != nil || changes.currency != nil || changes.stock != nil
    }
}
