// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import Foundation
import ProductsContract

extension Reservations {
    /// What a sweep did and when there is something to do again.
    struct Sweep: Sendable, Equatable {
        /// How many reservations expired and were given back.
        var expired: Int
        /// When the next one expires; nil if none is held.
        var next: Date?
    }

    /// Gives back what expired, at most `limit` reservations, and forgets what was released long ago.
    ///
    /// Each reservation is given back once, whoever else sweeps or releases at the same time: its state changes in the
    /// same transaction.
    func sweep(limit: Int = 100) async throws -> Sweep {
        let now = now()
        let expired = try await database.transaction(attempts: 5) { transaction in
            let expired = try await ReservationRecords.expired(by: now, limit: limit, in: transaction)
            for reservation in expired {
                try await Stock.giveBack(reservation.items, in: transaction)
                try await ReservationRecords.set(
                    reservation.orderId, to: .released, closed: now, in: transaction)
            }
            try await ReservationRecords.forget(
                releasedBefore: now.addingTimeInterval(-Self.memory), limit: limit, in: transaction)
            return expired.count
        }
        return Sweep(expired: expired, next: try await ReservationRecords.nextExpiry(in: database))
    }
}
