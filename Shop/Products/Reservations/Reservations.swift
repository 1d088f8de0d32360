// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusSQL
import Foundation
import ProductsContract

/// What is taken out of stock for orders.
///
/// A reservation is named by its order. It begins `held`, and then ends once, by one transaction with the stock:
/// - `committed`: the order is stored and a worker confirmed it. For good.
/// - `released`: the order wasn't stored, or nobody committed it until it expired. The stock is back.
/// - `refused`: see below. For good.
///
/// **A commit that comes after the expiry** takes the items again, at the prices agreed on. Only if too little is left the
/// reservation becomes `refused` and the order has to be rejected. Whatever a commit decides is stored, so that each
/// later commit of the same order answers the same: orders and products can't come to differ.
///
/// Every operation may be repeated. A release before anything was reserved is remembered, so that a reservation that
/// arrives late, when the order was given up already, is refused instead of holding stock until it expires.
struct Reservations: Sendable {
    /// How long a release is remembered.
    static let memory: TimeInterval = 7 * 86_400

    let database: any Database
    /// How long a reservation holds unless the request says.
    let lifetime: Duration
    /// The wall clock: expiry is stored, and must mean the same after a restart.
    let now: @Sendable () -> Date

    /// Takes the items out of stock, all or none.
    ///
    /// - Throws: `unknown_product`, `out_of_stock`, `reservation_closed`, `reservation_differs`.
    func reserve(_ name: String, _ new: NewReservation) async throws -> Reservation {
        do {
            return try await reserveOnce(name, new)
        } catch let error as DatabaseError where error.code == .uniqueViolation {
            // The same reservation was made at the same time, and is there now.
            return try await reserveOnce(name, new)
        }
    }

    /// A product that many want at once is only locked, not fought for: each statement sees what is committed.
    private func reserveOnce(_ name: String, _ new: NewReservation) async throws -> Reservation {
        try await database.transaction(attempts: 5, isolation: .readCommitted) { transaction in
            if let known = try await ReservationRecords.find(name, in: transaction) {
                return try Self.same(known, new)
            }
            let lifetime = new.expiresInSeconds.map(Double.init) ?? lifetime.seconds
            let reservation = Reservation(
                orderId: name, state: .held, items: try await Stock.take(new.items, in: transaction),
                expiresAt: now().addingTimeInterval(lifetime))
            try await ReservationRecords.insert(reservation, in: transaction)
            return reservation
        }
    }

    /// Gives the items back, if that is to be done.
    ///
    /// - Throws: `reservation_committed`.
    func release(_ name: String) async throws {
        try await database.transaction(attempts: 5) { transaction in
            let now = now()
            guard let known = try await ReservationRecords.find(name, in: transaction) else {
                let nothing = Reservation(orderId: name, state: .released, items: [], expiresAt: now)
                try await ReservationRecords.insert(nothing, in: transaction)
                return try await ReservationRecords.set(name, to: .released, closed: now, in: transaction)
            }
            switch known.state {
            case .released, .refused: return
            case .committed:
                throw Problem(ProductsAPI.reservationCommitted, "The reservation of order \(name) is final.")
            case .held:
                try await Stock.giveBack(known.items, in: transaction)
                try await ReservationRecords.set(name, to: .released, closed: now, in: transaction)
            }
        }
    }

    /// Makes the reservation final.
    ///
    /// - Throws: `not_found`; `out_of_stock` if it was given back and too little is left.
    func commit(_ name: String) async throws -> Reservation {
        let (reservation, refusal) = try await database.transaction(attempts: 5) {
            transaction -> (Reservation, Problem?) in
            guard let known = try await ReservationRecords.find(name, in: transaction) else {
                throw Problem(.notFound, "There is no reservation of order \(name).")
            }
            switch known.state {
            case .committed: return (known, nil)
            case .refused: return (known, Problem(ProductsAPI.outOfStock, "Too little was left for order \(name)."))
            case .held: return (try await end(known, as: .committed, in: transaction), nil)
            case .released:
                guard !known.items.isEmpty else {
                    throw Problem(.notFound, "Nothing was ever reserved for order \(name).")
                }
                if let problem = try await takeAgain(known, in: transaction) {
                    return (try await end(known, as: .refused, in: transaction), problem)
                }
                return (try await end(known, as: .committed, in: transaction), nil)
            }
        }
        if let refusal { throw refusal }
        return reservation
    }

    private static func same(_ known: Reservation, _ new: NewReservation) throws(Problem) -> Reservation {
        guard known.state == .held || known.state == .committed else {
            throw Problem(ProductsAPI.reservationClosed, "The reservation of order \(known.orderId) was given back.")
        }
        let items = known.items.map { NewReservation.Item(productId: $0.productId, quantity: $0.quantity) }
        guard items == new.items else {
            throw Problem(ProductsAPI.reservationDiffers, "Order \(known.orderId) has other items reserved.")
        }
        return known
    }

    /// Takes what had been given back; returns why that isn't possible, with nothing taken.
    private func takeAgain(_ known: Reservation, in transaction: any Transaction) async throws -> Problem? {
        let items = known.items.map { NewReservation.Item(productId: $0.productId, quantity: $0.quantity) }
        do {
            _ = try await transaction.savepoint { try await Stock.take(items, in: $0) }
            return nil
        } catch let problem as Problem {
            return problem
        }
    }

    private func end(
        _ known: Reservation, as state: ReservationState, in transaction: any Transaction
    ) async throws(DatabaseError) -> Reservation {
        try await ReservationRecords.set(known.orderId, to: state, in: transaction)
        return Reservation(orderId: known.orderId, state: state, items: known.items, expiresAt: known.expiresAt)
    }
}
