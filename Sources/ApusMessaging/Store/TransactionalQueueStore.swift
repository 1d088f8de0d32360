// SPDX-License-Identifier: Apache-2.0
public import ApusSQL

/// A store in the service's own database, so that a message is published in the transaction of the change that it tells
/// about: the outbox.
public protocol TransactionalQueueStore: QueueStore {
    /// Stores entries inside the caller's transaction: they are there if, and only if, that commits.
    ///
    /// - Returns, Throws: as ``QueueStore/append(_:)``. Let an error pass, so that the transaction rolls back.
    func append(
        _ entries: [QueueEntry], in transaction: any Transaction
    ) async throws(MessagingError) -> [PublishResult]
}
