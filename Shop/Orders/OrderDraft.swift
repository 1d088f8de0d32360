// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Foundation
import OrdersContract
import ProductsContract

/// An order whose items are reserved and priced, ready to be stored.
struct OrderDraft: Sendable {
    let userId: Int
    let items: [OrderItem]
    let totalCents: Int
    let currency: String
    /// The name of the reservation at products.
    let reservation: String
    let idempotencyKey: String?
    let created: Date

    /// - Throws: `mixed_currencies`; `invalid` if the total is beyond every reason.
    init(
        _ order: NewOrder, priced: [ReservedItem], reservation: String, idempotencyKey: String?, created: Date
    ) throws(Problem) {
        let currencies = Set(priced.map(\.currency))
        guard let currency = currencies.first, currencies.count == 1 else {
            throw Problem(
                OrdersAPI.mixedCurrencies, "The prices are in \(currencies.sorted().joined(separator: " and ")).")
        }
        var total = 0
        for item in priced {
            let (price, overflows) = item.priceCents.multipliedReportingOverflow(by: item.quantity)
            let (sum, overflowsToo) = total.addingReportingOverflow(price)
            guard !overflows, !overflowsToo else {
                throw .invalid([Violation(field: "/items", code: "range", message: "must cost less altogether")])
            }
            total = sum
        }
        userId = order.userId
        items = priced.map { OrderItem(productId: $0.productId, quantity: $0.quantity, priceCents: $0.priceCents) }
        totalCents = total
        self.currency = currency
        self.reservation = reservation
        self.idempotencyKey = idempotencyKey
        self.created = created
    }
}
