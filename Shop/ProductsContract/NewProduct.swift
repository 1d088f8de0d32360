// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// What a product is made from.
public struct NewProduct: Described, Hashable {
    public let name: String
    public let priceCents: Int
    public let currency: String
    public let stock: Int

    public init(name: String, priceCents: Int, currency: String, stock: Int) {
        self.name = name
        self.priceCents = priceCents
        self.currency = currency
        self.stock = stock
    }

    public static let schema = Schema<NewProduct> {
        Field("name", \.name, .length(1...200), .notBlank)
        Field("priceCents", \.priceCents, .range(0...1_000_000_000))
        Field("currency", \.currency, .upperCaseCode(3))
        Field("stock", \.stock, .range(0...1_000_000_000))
    }
}
