// SPDX-License-Identifier: Apache-2.0

/// A database that tells its clients of what others did: PostgreSQL's `LISTEN` and `NOTIFY`.
public protocol NotifyingDatabase: Database {
    /// Calls `handler` with the payload of each notification of `topic`, whoever sent it, and with nil when some may have
    /// been missed: once it listens, and again after the connection was lost.
    ///
    /// On a connection and a thread of its own until it is stopped; a lost connection is opened again by itself. The
    /// handler must be quick and not block.
    ///
    /// - Parameter topic: 1 to 63 of `a–z 0–9 _`.
    /// - Throws: `misuse` for another topic.
    func listen(
        to topic: String, _ handler: @escaping @Sendable (String?) -> Void
    ) throws(DatabaseError) -> any DatabaseListening

    /// Sends a notification to all that listen to `topic`, at once and outside any transaction.
    ///
    /// - Parameter payload: less than 8,000 bytes.
    /// - Throws: as ``SQLExecutor/execute(_:)``.
    func notify(_ topic: String, _ payload: String) async throws(DatabaseError)
}

/// Something that listens for notifications until it is stopped.
public protocol DatabaseListening: Sendable {
    /// Ends it. Doesn't wait; a call of the handler may still be under way.
    func stop()
}
