// SPDX-License-Identifier: Apache-2.0
public import ApusContract

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// An order as the service answers it.
public struct Order: Described, Hashable {
    public let id: Int
    public let userId: Int
    public let state: OrderState
    public let items: [OrderItem]
    /// What it costs altogether, in hundredths of the currency.
    public let totalCents: Int
    public let currency: String
    public let createdAt: Date
    /// nil while it is pending.
    public let confirmedAt: Date?

    public init(
        id: Int, userId: Int, state: OrderState, items: [OrderItem], totalCents: Int, currency: String, createdAt: Date,
        confirmedAt: Date? = nil
    ) {
        self.id = id
        self.userId = userId
        self.state = state
        self.items = items
        self.totalCents = totalCents
        self.currency = currency
        self.createdAt = createdAt
        self.confirmedAt = confirmedAt
    }

    enum CodingKeys: String, CodingKey {
        case id, userId, items, totalCents, currency, createdAt, confirmedAt
        case state = "status"
    }

    public static let schema = Schema<Order> {
        Field("id", \.id)
        Field("userId", \.userId)
        Field("status", \.state)
        Field("items", \.items)
        Field("totalCents", \.totalCents, note: "In hundredths of the currency.")
        Field("currency", \.currency)
        Field("createdAt", \.createdAt)
        Field("confirmedAt", \.confirmedAt)
    }
}

/// How far an order is.
public enum OrderState: String, SchemaChoice {
    /// Stored, its items are reserved.
    case pending
    /// Its items are taken out of stock for good.
    case confirmed
    /// It can't be fulfilled; its items were given back.
    case rejected
}
