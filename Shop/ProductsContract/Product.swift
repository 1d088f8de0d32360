// SPDX-License-Identifier: Apache-2.0
public import ApusContract

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A product as the service answers it.
public struct Product: Described, Hashable {
    public let id: Int
    public let name: String
    /// The price of one, in hundredths of the currency.
    public let priceCents: Int
    /// The currency's code by ISO 4217.
    public let currency: String
    /// How many can still be ordered.
    public let stock: Int
    public let createdAt: Date

    public init(id: Int, name: String, priceCents: Int, currency: String, stock: Int, createdAt: Date) {
        self.id = id
        self.name = name
        self.priceCents = priceCents
        self.currency = currency
        self.stock = stock
        self.createdAt = createdAt
    }

    public static let schema = Schema<Product> {
        Field("id", \.id)
        Field("name", \.name)
        Field("priceCents", \.priceCents, note: "The price of one, in hundredths of the currency.")
        Field("currency", \.currency, note: "ISO 4217.")
        Field("stock", \.stock, note: "How many can still be ordered.")
        Field("createdAt", \.createdAt)
    }
}
