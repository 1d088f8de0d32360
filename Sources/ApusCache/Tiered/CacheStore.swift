// SPDX-License-Identifier: Apache-2.0

/// The second level of a ``TieredCache``: bytes by key on a server that several instances share, such as Redis.
///
/// Every call ends within the time it is given, the removal of everything too, with `timeout` if need be: the cache doesn't
/// watch over it. A store that can't be reached says so at once (`unavailable`), as behind a breaker. A failed call may
/// have happened all the same.
/// Every method may be called from any number of tasks. `CacheStoreConformance` in ApusTesting holds a store to this.
public protocol CacheStore: Sendable {
    /// What is under `key`, and a lease to fill it with.
    ///
    /// The lease is good until something is written or removed under `key`, removed with one of `tags`, or everything is
    /// removed. It costs no write. A store may forget leases, and then refuses them; it must not take a void one.
    ///
    /// - Parameter tags: those that a value loaded now would be stored with.
    /// - Throws: `unavailable`, `timeout`, `overloaded`, `tooLarge`.
    func read(_ key: String, tags: [String], within: Duration) async throws(CacheError) -> CacheStoreLookup

    /// Begins to store what was loaded after a `read`, unless its lease has become void. Returns at once: whoever waits
    /// for the value need not wait for this.
    ///
    /// - Parameter done: called once, perhaps before this returns, with whether it was stored. Fails with `unavailable`,
    ///   `timeout`, `overloaded`, `tooLarge`.
    func fill(
        _ key: String, _ item: CacheStoreItem, lease: CacheLease, within: Duration,
        done: @escaping @Sendable (Result<Bool, CacheError>) -> Void)

    /// Stores, whatever is there.
    ///
    /// - Throws: `unavailable`, `timeout`, `overloaded`, `tooLarge`, `full`, `refused`.
    func write(_ key: String, _ item: CacheStoreItem, within: Duration) async throws(CacheError)

    /// Removes what `removal` names, and makes the leases void that it touches; then sends `messages` as
    /// ``publish(_:within:)`` does, in the same step if the store can.
    ///
    /// Every store can remove everything: a cache asks for that when it has lost count of what it owes.
    ///
    /// - Throws: `unavailable`, `timeout`, `overloaded`; `full` if it is removed and told, but leases from before may
    ///   still be good.
    func remove(_ removal: CacheRemoval, announcing messages: [String], within: Duration) async throws(CacheError)

    /// Sends `message` to everyone who subscribed, the sender included.
    ///
    /// - Throws: `unavailable`, `timeout`, `overloaded`.
    func publish(_ message: String, within: Duration) async throws(CacheError)

    /// Calls `receive` with each message from now on, in their order, until the subscription is cancelled or released.
    /// Whatever may have been lost is told as an event. `receive` returns at once.
    func subscribe(_ receive: @escaping @Sendable (CacheStoreEvent) -> Void) -> CacheSubscription
}

extension CacheStore {
    /// As ``remove(_:announcing:within:)``, without messages.
    ///
    /// - Throws: as that one.
    public func remove(_ removal: CacheRemoval, within: Duration) async throws(CacheError) {
        try await remove(removal, announcing: [], within: within)
    }

    /// As ``fill(_:_:lease:within:done:)``, for who waits until it is done.
    ///
    /// - Throws: `unavailable`, `timeout`, `overloaded`, `tooLarge`.
    public func fill(
        _ key: String, _ item: CacheStoreItem, lease: CacheLease, within: Duration
    ) async throws(CacheError) -> Bool {
        try await withUnsafeContinuation { continuation in
            fill(key, item, lease: lease, within: within) { continuation.resume(returning: $0) }
        }.get()
    }
}

/// What a store found.
public struct CacheStoreLookup: Sendable {
    /// nil if there is nothing; with the time that is left of it.
    public var item: CacheStoreItem?
    /// With which the key may be filled.
    public var lease: CacheLease

    /// A lookup that found `item`.
    public init(item: CacheStoreItem?, lease: CacheLease) {
        self.item = item
        self.lease = lease
    }
}

/// What a store keeps under a key.
public struct CacheStoreItem: Sendable, Hashable {
    /// The value, encoded by the cache.
    public var bytes: [UInt8]
    /// How long it is kept, in milliseconds at least; nil for ever.
    public var timeToLive: Duration?
    /// Names by which it can be removed. In what was read they may be missing.
    public var tags: [String]

    /// An item as it is written or was read.
    public init(bytes: [UInt8], timeToLive: Duration?, tags: [String] = []) {
        self.bytes = bytes
        self.timeToLive = timeToLive
        self.tags = tags
    }
}

/// The state of a key, as the store saw it when it was read. Only the store knows what it says.
public struct CacheLease: Sendable, Hashable {
    /// What the store compares.
    public var token: [UInt8]

    /// A lease with this token.
    public init(token: [UInt8]) {
        self.token = token
    }
}
