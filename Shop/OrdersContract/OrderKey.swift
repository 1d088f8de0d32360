// SPDX-License-Identifier: Apache-2.0
public import ApusContract

/// Names the attempt to place an order, so that it may be repeated.
public struct OrderKey: Described, Hashable {
    public let idempotencyKey: String?

    public init(idempotencyKey: String? = nil) {
        self.idempotencyKey = idempotencyKey
    }

    enum CodingKeys: String, CodingKey {
        case idempotencyKey = "Idempotency-Key"
    }

    public static let schema = Schema<OrderKey> {
        Field(
            "Idempotency-Key", \.idempotencyKey, .length(1...255),
            note: "The same key with the same body returns the same order. A key belongs to the user who orders.")
    }
}
