// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ServiceLifecycle
import Synchronization

/// A running registry: ``RegistryState`` behind a lock, with a clock, a file, and those who wait for changes.
///
/// Use it through ``RegistryServer`` for other processes, or directly (it is a ``RegistryConnection``) where registry
/// and services share a process. Safe from any thread. ``run()`` must run for leases to end and waits to time out.
public final class Registry: Service {
    struct Waiter {
        var service: String?
        var index: UInt64
        var deadline: Instant
        var continuation: CheckedContinuation<Void, Never>
    }

    struct Shared {
        var state: RegistryState
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
        /// Whether waits end at once.
        var isClosed = false
    }

    /// How many watchers may wait at once; one more is refused.
    public static let mostWaiters = 8_192
    /// The longest wait that a watcher may ask for.
    public static let longestWait = Duration.seconds(600)

    /// What this registry counted since it started.
    public let statistics = RegistryStatistics()
    let shared: Mutex<Shared>
    private let store: RegistryStore?
    let time: TimeSource

    /// - Parameters:
    ///   - directory: Where what is registered is kept; nil keeps it in memory only.
    ///   - limits: The registry's bounds.
    ///   - time: The clock that leases are measured on.
    /// - Throws: ``DiscoveryError/Code/storage`` if the folder can't be used or its file can't be read.
    public init(
        directory: String? = nil, limits: RegistryLimits = RegistryLimits(), time: TimeSource = .system
    ) throws(DiscoveryError) {
        self.time = time
        let firstRevision = WallClock.milliseconds
        guard let directory else {
            store = nil
            shared = Mutex(Shared(state: RegistryState(limits: limits, firstRevision: firstRevision)))
            return
        }
        let store = try RegistryStore(directory: directory)
        self.store = store
        let state =
            if let snapshot = try store.load() {
                try store.naming {
                    try RegistryState(
                        restoring: snapshot, limits: limits, firstRevision: firstRevision, now: time.now)
                }
            } else {
                RegistryState(limits: limits, firstRevision: firstRevision)
            }
        shared = Mutex(Shared(state: state))
    }

    /// Lists an instance. Returns once that is stored.
    /// - Throws: ``DiscoveryError/Code/invalid``, ``DiscoveryError/Code/overloaded``, ``DiscoveryError/Code/storage``.
    public func register(_ instance: Instance, ttl: Duration) async throws(DiscoveryError) -> Lease {
        let lease = try change { state throws(DiscoveryError) in
            try state.register(instance, ttl: ttl, now: self.time.now)
        }
        statistics.registrations.add(1, ordering: .relaxed)
        try await persist()
        return lease
    }

    /// Begins a lease anew.
    /// - Throws: ``DiscoveryError/Code/leaseUnknown``, ``DiscoveryError/Code/leaseSuperseded``.
    public func renew(_ service: String, id: String, generation: UInt64?) throws(DiscoveryError) -> Lease {
        let lease = try shared.withLock { shared throws(DiscoveryError) in
            try shared.state.renew(service, id: id, generation: generation, now: self.time.now)
        }
        statistics.renewals.add(1, ordering: .relaxed)
        return lease
    }

    /// Drops an instance. Returns once that is stored.
    /// - Returns: Whether it was listed.
    /// - Throws: ``DiscoveryError/Code/leaseSuperseded``, ``DiscoveryError/Code/storage``.
    @discardableResult
    public func drop(
        _ service: String, id: String, generation: UInt64? = nil
    ) async throws(DiscoveryError) -> Bool {
        let wasListed = try change { state throws(DiscoveryError) in
            try state.deregister(service, id: id, generation: generation)
        }
        if wasListed { try await persist() }
        return wasListed
    }

    /// The instances of a service now.
    public func list(_ service: String) -> ServiceListing {
        shared.withLock { $0.state.list(service) }
    }

    /// The services that have instances now, and the registry's revision.
    public func services() -> (revision: UInt64, services: [(service: String, index: UInt64, instances: Int)]) {
        shared.withLock { ($0.state.revision, $0.state.summary) }
    }

    /// The registry's revision, and the changes after `revision` or nil if they are no longer kept.
    public func changes(after revision: UInt64) -> (revision: UInt64, changes: [RegistryChange]?) {
        shared.withLock { ($0.state.revision, $0.state.changes(after: revision)) }
    }

    /// Drops what ran out, and ends waits that lasted long enough. ``run()`` calls it; a test with a clock of its own
    /// does so itself.
    public func sweep() async {
        let now = time.now
        let (expired, late) = shared.withLock { shared in
            let expired = shared.state.expire(now: now)
            let late = shared.waiters.filter { $0.value.deadline <= now }
            for id in late.keys { shared.waiters[id] = nil }
            return (expired, late.values.map(\.continuation) + Self.takeWoken(&shared))
        }
        for continuation in late { continuation.resume() }
        guard !expired.isEmpty else { return }
        statistics.expirations.add(expired.count, ordering: .relaxed)
        do {
            try await persist()
        } catch {
            // Counted by `persist`. What ran out runs out again after a restart.
        }
    }

    /// Sweeps ten times a second until the task is cancelled or told to shut down gracefully, then closes.
    public func run() async {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.sweep()
                do { try await Task.sleep(for: .milliseconds(100)) } catch { break }
            }
        }
        close()
    }

    /// Ends every wait, and lets later ones end at once, so that a server can drain. Everything else still works.
    public func close() {
        let waiting = shared.withLock { shared in
            defer { shared.waiters = [:] }
            shared.isClosed = true
            return shared.waiters.values.map(\.continuation)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Whether the last write to the file worked; always true without one.
    public var isStoring: Bool { !statistics.storageIsFailing.load(ordering: .relaxed) }

    private func change<Result: Sendable>(
        _ body: (inout RegistryState) throws(DiscoveryError) -> Result
    ) throws(DiscoveryError) -> Result {
        let (result, woken) = try shared.withLock { shared throws(DiscoveryError) in
            (try body(&shared.state), Self.takeWoken(&shared))
        }
        for continuation in woken { continuation.resume() }
        return result
    }

    private static func takeWoken(_ shared: inout Shared) -> [CheckedContinuation<Void, Never>] {
        let woken = shared.waiters.filter { shared.state.hasNews(of: $0.value.service, after: $0.value.index) }
        for id in woken.keys { shared.waiters[id] = nil }
        return woken.values.map(\.continuation)
    }

    private func persist() async throws(DiscoveryError) {
        guard let store else { return }
        do {
            try await store.save { self.shared.withLock { $0.state } }
            statistics.storageIsFailing.store(false, ordering: .relaxed)
        } catch {
            statistics.storageIsFailing.store(true, ordering: .relaxed)
            statistics.storageFailures.add(1, ordering: .relaxed)
            throw error
        }
    }
}
