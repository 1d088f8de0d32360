// SPDX-License-Identifier: Apache-2.0
public import ApusContract
public import ApusSQL

/// The events of contracts, whose declarations say name and form.
extension MessageQueue {
    /// Lets `handler` handle the events of a contract's type: decoded, and checked against their rules.
    ///
    /// - Throws: `misuse` if the type has a handler.
    public func subscribe<Payload: Event>(
        to event: Payload.Type, _ handler: @escaping @Sendable (Payload, Delivery) async throws -> Void
    ) throws(MessagingError) {
        try subscribe(MessageType(event), handler)
    }

    /// Publishes an event, by itself or inside the caller's transaction.
    ///
    /// - Throws: as ``publish(_:as:id:_:in:)``.
    @discardableResult
    public func publish<Payload: Event>(
        _ event: Payload, id: String? = nil, _ options: PublishOptions = .init(),
        in transaction: (any Transaction)? = nil
    ) async throws(MessagingError) -> PublishResult {
        try await publish(event, as: MessageType(Payload.self), id: id, options, in: transaction)
    }
}
