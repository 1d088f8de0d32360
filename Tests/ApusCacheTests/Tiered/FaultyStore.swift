// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusTesting
import Synchronization

/// A store that can be made to fail, or to take its time.
final class FaultyStore: CacheStore {
    /// How much time it was given for each read and fill.
    let granted = Journal<Duration>()
    /// Keys that were read.
    let reads = Journal<String>()
    /// What was asked to be removed, and within which time.
    let removals = Journal<(removal: CacheRemoval, time: Duration)>()
    private let slowness: @Sendable () -> Void
    private let store: any CacheStore
    private let isBroken = Atomic<Bool>(false)
    /// The fills that are held back.
    private let held = Mutex<[@Sendable () -> Void]>([])
    private let holdsBack = Atomic<Bool>(false)
    private let failure = Mutex<CacheError?>(nil)
    private let gate = Mutex<Gate?>(nil)
    private let subscriber = Mutex<(@Sendable (CacheStoreEvent) -> Void)?>(nil)

    init(_ store: any CacheStore, slowness: @escaping @Sendable () -> Void = {}) {
        self.store = store
        self.slowness = slowness
    }

    var isDown: Bool {
        get { isBroken.load(ordering: .acquiring) }
        set {
            isBroken.store(newValue, ordering: .releasing)
            subscriber.withLock { $0 }?(newValue ? .disconnected : .connected)
        }
    }

    /// What removals fail with, of which nobody is told; with `full` they happen all the same.
    var removalFailure: CacheError? {
        get { failure.withLock { $0 } }
        set { failure.withLock { $0 = newValue } }
    }

    /// What removals wait for, if anything.
    var removalGate: Gate? {
        get { gate.withLock { $0 } }
        set { gate.withLock { $0 = newValue } }
    }

    /// Whether fills are held back; those that are go on when it is set to false.
    var holdsFills: Bool {
        get { holdsBack.load(ordering: .acquiring) }
        set {
            holdsBack.store(newValue, ordering: .releasing)
            guard !newValue else { return }
            let fills = held.withLock { held in
                defer { held = [] }
                return held
            }
            for fill in fills { fill() }
        }
    }

    func read(_ key: String, tags: [String], within: Duration) async throws(CacheError) -> CacheStoreLookup {
        try check()
        reads.append(key)
        granted.append(within)
        slowness()
        return try await store.read(key, tags: tags, within: within)
    }

    func fill(
        _ key: String, _ item: CacheStoreItem, lease: CacheLease, within: Duration,
        done: @escaping @Sendable (Result<Bool, CacheError>) -> Void
    ) {
        if isDown { return done(.failure(.down)) }
        granted.append(within)
        let fill: @Sendable () -> Void = { [store] in
            store.fill(key, item, lease: lease, within: within, done: done)
        }
        if holdsFills { held.withLock { $0.append(fill) } } else { fill() }
    }

    func write(_ key: String, _ item: CacheStoreItem, within: Duration) async throws(CacheError) {
        try check()
        try await store.write(key, item, within: within)
    }

    func remove(
        _ removal: CacheRemoval, announcing messages: [String], within: Duration
    ) async throws(CacheError) {
        try check()
        removals.append((removal, within))
        await removalGate?.wait()
        let failure = removalFailure
        if let failure, failure.code != .full { throw failure }
        try await store.remove(removal, announcing: messages, within: within)
        if let failure { throw failure }
    }

    func publish(_ message: String, within: Duration) async throws(CacheError) {
        try check()
        try await store.publish(message, within: within)
    }

    func subscribe(_ receive: @escaping @Sendable (CacheStoreEvent) -> Void) -> CacheSubscription {
        subscriber.withLock { $0 = receive }
        return store.subscribe { event in
            if !self.isDown { receive(event) }
        }
    }

    private func check() throws(CacheError) {
        if isDown { throw CacheError.down }
    }
}

extension CacheError {
    static var down: CacheError { CacheError(.unavailable, "the store is down") }
}
