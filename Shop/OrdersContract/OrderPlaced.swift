// SPDX-License-Identifier: Apache-2.0
public import ApusContract

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Published by orders when an order was stored.
public struct OrderPlaced: Event, Hashable {
    public static let type = "order_placed"

    public let orderId: Int
    public let userId: Int
    public let items: [OrderItem]
    public let totalCents: Int
    public let currency: String
    public let createdAt: Date

    public init(orderId: Int, userId: Int, items: [OrderItem], totalCents: Int, currency: String, createdAt: Date) {
        self.orderId = orderId
        self.userId = userId
        self.items = items
        self.totalCents = totalCents
        self.currency = currency
        self.createdAt = createdAt
    }

    public static let schema = Schema<OrderPlaced> {
        Field("orderId", \.orderId)
        Field("userId", \.userId)
        Field("items", \.items)
        Field("totalCents", \.totalCents)
        Field("currency", \.currency)
        Field("createdAt", \.createdAt)
    }
}
