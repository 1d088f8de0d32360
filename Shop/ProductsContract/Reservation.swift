// SPDX-License-Identifier: Apache-2.0
public import ApusContract

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Stock that was taken out for an order.
public struct Reservation: Described, Hashable {
    /// The order that it is for: its name.
    public let orderId: String
    public let state: ReservationState
    /// The items with the price that each had when it was reserved.
    public let items: [ReservedItem]
    /// When it is given back unless it was committed before.
    public let expiresAt: Date

    public init(orderId: String, state: ReservationState, items: [ReservedItem], expiresAt: Date) {
        self.orderId = orderId
        self.state = state
        self.items = items
        self.expiresAt = expiresAt
    }

    public static let schema = Schema<Reservation> {
        Field("orderId", \.orderId)
        Field("state", \.state)
        Field("items", \.items)
        Field("expiresAt", \.expiresAt)
    }
}

/// What became of a reservation.
public enum ReservationState: String, SchemaChoice {
    /// Taken out of stock, until it expires.
    case held
    /// Taken out of stock for good.
    case committed
    /// Given back, on request or because it expired. A commit may take it again.
    case released
    /// It had been given back, and not enough was left when it should be committed. Final.
    case refused
}
