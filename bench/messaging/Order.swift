// SPDX-License-Identifier: Apache-2.0
import ApusMessaging

/// The payload, as that of the peer.
struct Order: Codable, Sendable {
    static let source = "/services/bench"
    static let type = MessageType<Order>("order_placed")

    let orderID: Int
    let userID: Int
    let totalCents: Int
    let currency: String

    init(_ number: Int) {
        orderID = number
        userID = number % 1000
        totalCents = 1999
        currency = "EUR"
    }
}
