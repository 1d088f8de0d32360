// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// So many of one product, at the price that was agreed on.
public struct OrderItem: Described, Hashable {
    public let productId: Int
    public let quantity: Int
    /// The price of one, in hundredths of the order's currency.
    public let priceCents: Int

    public init(productId: Int, quantity: Int, priceCents: Int) {
        self.productId = productId
        self.quantity = quantity
        self.priceCents = priceCents
    }

    public static let schema = Schema<OrderItem> {
        Field("productId", \.productId)
        Field("quantity", \.quantity)
        Field("priceCents", \.priceCents, note: "The price of one, in hundredths of the currency.")
    }
}
