// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// Makes the names under which orders reserve at products.
enum ReservationName {
    /// The name for an order without an idempotency key: 128 random bits.
    static func random() -> String {
        var random = SystemRandomNumberGenerator()
        return Hex.string(random.next(), random.next())
    }

    /// The name for an order with an idempotency key follows from user and key: who repeats an attempt that broke off
    /// finds the reservation of the first one instead of taking from stock twice, and attempts at the same time share one.
    static func of(key: String, of user: Int) -> String {
        "user:\(user):key:\(key)"
    }
}
