// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusSQL
import ApusService
import Foundation
import Logging
import OrdersContract
import ProductsContract

/// Ends pending orders: what the worker does with `order_placed`.
///
/// The message may come more than once, and to several workers at a time. Products decides by the commit, once for each
/// reservation; the order then leaves `pending` once, to what was decided.
struct OrderConfirmation: Sendable {
    let database: any Database
    let products: ServiceClient
    let logger: Logger
    /// The wall clock.
    let now: @Sendable () -> Date

    /// - Throws: why it isn't known yet what products decided; then it is tried again.
    func handle(_ placed: OrderPlaced) async throws {
        guard let stored = try await OrderStore.find(placed.orderId, in: database) else {
            // Message and order are stored in one transaction.
            logger.error("a message of an order that doesn't exist", metadata: ["order": "\(placed.orderId)"])
            return
        }
        guard stored.order.state == .pending else { return }
        let isAvailable = try await commit(stored.reservation)
        guard try await OrderStore.end(placed.orderId, confirmed: isAvailable ? now() : nil, in: database) else {
            return
        }
        if isAvailable {
            logger.info("order confirmed", metadata: ["order": "\(placed.orderId)"])
        } else {
            logger.warning(
                "order rejected: its reservation had expired, and too little was left",
                metadata: ["order": "\(placed.orderId)"])
        }
    }

    /// Whether the items are the order's for good.
    private func commit(_ reservation: String) async throws -> Bool {
        do throws(ServiceError) {
            try await products.call(ProductsAPI.commit, ReservationReference(orderId: reservation))
            return true
        } catch {
            if error.isKind(of: ProductsAPI.outOfStock) || error.isKind(of: .notFound) { return false }
            throw error
        }
    }
}
