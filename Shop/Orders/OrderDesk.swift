// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusMessaging
import ApusSQL
import ApusService
import Foundation
import Logging
import OrdersContract
import ProductsContract
import UsersContract

/// Takes orders: checks the user, reserves the items, stores the order together with its message.
///
/// What may break off where:
/// - before the reservation: nothing happened.
/// - after it: the reservation is released, or expires by itself where this process died.
/// - after the order was stored: it is pending, and its message is in the queue until the worker has confirmed it.
///
/// An idempotency key belongs to the user who orders: the same key of another user is another key. With one, an attempt
/// that finds the order of an earlier one answers with that. Attempts at the same time reserve under the same name, and
/// the key is unique among the user's orders: one of them stores, the others answer with what it stored. A refused attempt
/// leaves nothing behind, so the same key may be tried again later.
struct OrderDesk: Sendable {
    let database: any Database
    let queue: MessageQueue
    let users: ServiceClient
    let products: ServiceClient
    let logger: Logger
    /// The wall clock.
    let now: @Sendable () -> Date

    /// - Throws: `unknown_user`, `unknown_product`, `out_of_stock`, `mixed_currencies`, `idempotency_key_reused`, and why a
    ///   call failed.
    func place(_ new: NewOrder, key: String?) async throws -> Order {
        if let key, let known = try await OrderStore.find(key: key, of: new.userId, in: database) {
            return try Self.same(known, new)
        }
        try await checkUser(new.userId)
        let reservation = try await reserve(new, key: key)
        do {
            let created = (now().timeIntervalSince1970 * 1000).rounded(.down) / 1000
            let draft = try OrderDraft(
                new, priced: reservation.items, reservation: reservation.orderId, idempotencyKey: key,
                created: Date(timeIntervalSince1970: created))
            return try await store(draft)
        } catch let error as DatabaseError where error.code == .uniqueViolation {
            return try await answerOfOther(new, key: key, reservation.orderId, error)
        } catch let error as DatabaseError where error.mayHaveRun {
            // The order may be stored: then its message commits the reservation. Otherwise that expires.
            throw error
        } catch {
            await release(reservation.orderId, unlessFor: key, of: new.userId)
            throw error
        }
    }

    private func checkUser(_ id: Int) async throws {
        do throws(ServiceError) {
            try await users.call(UsersAPI.getUser, ItemReference(id: id))
        } catch {
            guard error.isKind(of: .notFound) else { throw error }
            throw Problem(OrdersAPI.unknownUser, "There is no user \(id).")
        }
    }

    private func reserve(_ new: NewOrder, key: String?) async throws -> Reservation {
        guard let key else { return try await reserve(new, as: ReservationName.random()) }
        do {
            return try await reserve(new, as: ReservationName.of(key: key, of: new.userId))
        } catch let error as ServiceError where error.isKind(of: ProductsAPI.reservationClosed) {
            // An earlier attempt's, given back since. Its name is used up.
            return try await reserve(new, as: ReservationName.random())
        } catch let error as ServiceError where error.isKind(of: ProductsAPI.reservationDiffers) {
            throw Self.reused
        }
    }

    private func reserve(_ new: NewOrder, as name: String) async throws -> Reservation {
        let items = new.items.map { NewReservation.Item(productId: $0.productId, quantity: $0.quantity) }
        do throws(ServiceError) {
            return try await products.call(
                ProductsAPI.reserve, ReservationReference(orderId: name), body: NewReservation(items: items))
        } catch {
            switch error {
            case .problem(let problem) where problem.isKind(of: ProductsAPI.unknownProduct):
                throw Problem(OrdersAPI.unknownProduct, problem.detail)
            case .problem(let problem) where problem.isKind(of: ProductsAPI.outOfStock):
                throw Problem(OrdersAPI.outOfStock, problem.detail)
            case .problem: throw error
            case .failure(let failure):
                if failure.mayHaveReachedPeer { await release(name) }
                throw error
            }
        }
    }

    private func store(_ draft: OrderDraft) async throws -> Order {
        try await database.transaction(attempts: 5, isolation: .readCommitted) { transaction in
            let order = try await OrderStore.insert(draft, in: transaction)
            try await queue.publish(
                OrderPlaced(
                    orderId: order.id, userId: order.userId, items: order.items, totalCents: order.totalCents,
                    currency: order.currency, createdAt: order.createdAt),
                as: MessageType(OrderPlaced.self), in: transaction)
            return order
        }
    }

    /// The order that an attempt with the same key stored first.
    private func answerOfOther(
        _ new: NewOrder, key: String?, _ reservation: String, _ error: DatabaseError
    ) async throws -> Order {
        guard let key, let known = try await OrderStore.find(key: key, of: new.userId, in: database) else {
            throw error
        }
        if known.reservation != reservation { await release(reservation) }
        return try Self.same(known, new)
    }

    /// Gives the reservation back, unless an order of `user` with the key is stored on it.
    ///
    /// Goes on when the request is cancelled or its time is over. If it fails, the reservation expires.
    private func release(_ name: String, unlessFor key: String? = nil, of user: Int? = nil) async {
        var context = CallContext.current ?? CallContext()
        context.deadline = nil
        await Task {
            await CallContext.$current.withValue(context) {
                do {
                    if let key, let user,
                        try await OrderStore.find(key: key, of: user, in: database)?.reservation == name
                    {
                        return
                    }
                    try await products.call(ProductsAPI.release, ReservationReference(orderId: name))
                } catch {
                    logger.warning(
                        "a reservation is left to expire", metadata: ["reservation": "\(name)", "error": "\(error)"])
                }
            }
        }.value
    }

    private static func same(_ known: StoredOrder, _ new: NewOrder) throws(Problem) -> Order {
        guard known.isSame(as: new) else { throw reused }
        return known.order
    }

    private static var reused: Problem {
        Problem(OrdersAPI.keyReused, "The Idempotency-Key was used for another order; a new order needs a new key.")
    }
}
