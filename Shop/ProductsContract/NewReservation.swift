// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// What shall be taken out of stock.
public struct NewReservation: Described, Hashable {
    public let items: [Item]
    /// After so many seconds it is given back unless it was committed; 60 by default.
    public let expiresInSeconds: Int?

    public init(items: [Item], expiresInSeconds: Int? = nil) {
        self.items = items
        self.expiresInSeconds = expiresInSeconds
    }

    /// So many of one product.
    public struct Item: Described, Hashable {
        public let productId: Int
        public let quantity: Int

        public init(productId: Int, quantity: Int) {
            self.productId = productId
            self.quantity = quantity
        }

        public static let schema = Schema<Item>("NewReservationItem") {
            Field("productId", \.productId)
            Field("quantity", \.quantity, .range(1...1_000_000))
        }
    }

    public static let schema = Schema<NewReservation> {
        Field("items", \.items, .count(1...100), .unique(by: \.productId, "product"))
        Field("expiresInSeconds", \.expiresInSeconds, .range(1...86_400))
    }
}

/// Names the reservation of one order.
public struct ReservationReference: Described, Hashable {
    public let orderId: String

    public init(orderId: String) {
        self.orderId = orderId
    }

    public static let schema = Schema<ReservationReference> {
        Field("orderId", \.orderId, .length(1...300))
    }
}
