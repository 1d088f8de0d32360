// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// An item of a reservation, priced.
public struct ReservedItem: Described, Hashable {
    public let productId: Int
    public let quantity: Int
    /// The price of one when it was reserved, in hundredths of the currency.
    public let priceCents: Int
    public let currency: String

    public init(productId: Int, quantity: Int, priceCents: Int, currency: String) {
        self.productId = productId
        self.quantity = quantity
        self.priceCents = priceCents
        self.currency = currency
    }

    public static let schema = Schema<ReservedItem> {
        Field("productId", \.productId)
        Field("quantity", \.quantity)
        Field("priceCents", \.priceCents)
        Field("currency", \.currency)
    }
}
