// SPDX-License-Identifier: Apache-2.0
/// A handler whose payload type is forgotten.
struct MessageHandler: Sendable {
    private let body: @Sendable (Delivery) async throws -> Void

    init<Payload: Sendable>(
        _ type: MessageType<Payload>, _ handler: @escaping @Sendable (Payload, Delivery) async throws -> Void
    ) {
        body = { delivery in
            try await handler(try type.decode(delivery.message.data, version: delivery.message.version), delivery)
        }
    }

    init(_ body: @escaping @Sendable (Delivery) async throws -> Void) {
        self.body = body
    }

    /// - Throws: `undecodable` before the handler is called; what it throws.
    func handle(_ delivery: Delivery) async throws {
        try await body(delivery)
    }
}
