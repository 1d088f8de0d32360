// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// ``Cache`` in two levels: memory, and behind it a ``CacheStore`` that several instances share.
///
/// A get asks memory, then the store, then the source, and what that gave fills the store while the caller goes on:
/// another instance that asks at the same moment may load it, too. A change goes to the store and to memory, and a
/// message tells the other instances to forget what they hold; while messages get lost, memory is trusted for a short
/// time only. A removal is never undone by a load that began before it, in this instance or another: the store refuses
/// what was loaded with a void lease.
///
/// When the store is down or slow, gets take it as a miss and go on, within the budget; changes are made in memory and
/// throw, since other instances may show older values then. Removals that did not reach the store are made up for in the
/// background as soon as it can be reached; until then an instance doesn't read from it what it knows to be wrong.
///
/// ```swift
/// let cache = try TieredCache(store: redis)
/// let user = try await cache.getOrLoad("user:\(id)", policy: .init(staleIfError: .seconds(600))) {
///     try await database.user(id)
/// }
/// ```
public final class TieredCache: Cache {
    /// What it was made with.
    public let configuration: TieredCacheConfiguration
    let boxes: BoxCache
    let remote: SecondLevel
    /// How many loads asked the source.
    let sourceLoads: Atomic<Int>
    private let random: Mutex<FastRandom>
    private let subscription: CacheSubscription

    /// A cache with an empty memory before `store`.
    ///
    /// - Parameter origin: tells this instance from others in messages; without blanks. Default: drawn by chance, from the
    ///   configuration's seed if it has one.
    /// - Throws: what is out of range.
    public init(
        store: any CacheStore, configuration: TieredCacheConfiguration = .init(), origin: String? = nil
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        var random = configuration.memory.seed.map { FastRandom(seed: ~$0) } ?? FastRandom()
        let origin = origin ?? String(random.next(), radix: 36)
        // What is stored on both levels expires on both at once: it is shortened here, once.
        var memory = configuration.memory
        memory.jitter = 0
        let boxes = try BoxCache(memory)
        let remote = SecondLevel(store, configuration, origin: origin)
        self.boxes = boxes
        self.remote = remote
        sourceLoads = Atomic(0)
        self.random = Mutex(random)
        subscription = remote.subscribe { Self.receive($0, boxes, remote) }
    }

    /// Ends the subscription, so that memory is trusted for a short time only from then on, and makes one attempt to make
    /// up for removals that are owed, which takes no longer than ``TieredCacheConfiguration/settlingTimeout``.
    public func shutdown() async {
        subscription.cancel()
        remote.isConnected = false
        boxes.storage.removeAll()
        await remote.shutDown()
    }

    /// Whether messages of other instances arrive. Health may say degraded while not.
    public var isConnected: Bool { remote.isConnected }

    public var statistics: CacheStatistics {
        var statistics = boxes.statistics + remote.statistics
        // Each level counts what it took for another shape.
        statistics.loads = sourceLoads.load(ordering: .relaxed)
        return statistics
    }

    public func get<Value: Codable & Sendable>(_ key: String, as type: Value.Type) async throws(CacheError) -> Value? {
        switch boxes.get(key, as: type) {
        case .value(let value): return value
        case .nothing: return nil
        case .unknown: break
        }
        let generation = boxes.storage.generation(of: key)
        guard
            let lookup = await remote.read(key, tags: []),
            let found = fresh(lookup.item, BoxCoder<Value>.self)
        else { return nil }
        let policy = memoryPolicy(CachePolicy(), left: found.left, tags: found.tags)
        boxes.storage.fill(key, found.box, policy, since: generation)
        return found.box.value(as: type)
    }

    public func set<Value: Codable & Sendable>(
        _ key: String, _ value: Value, timeToLive: Duration?
    ) async throws(CacheError) {
        try await set(key, value, policy: CachePolicy(timeToLive: timeToLive))
    }

    public func set<Value: Codable & Sendable>(
        _ key: String, _ value: Value, policy: CachePolicy
    ) async throws(CacheError) {
        let policy = shortened(policy)
        guard lifetime(policy) > .zero else { return try await remove(key) }
        guard let item = try item(of: TypedBox(value), policy, BoxCoder<Value>.self) else {
            // Too large for the second level: what is there is older.
            boxes.storage.set(key, TypedBox(value), memoryPolicy(policy, left: nil))
            return try await remote.remove(.key(key))
        }
        // Memory first: who reads in between reads what is being set, and a load in progress is forgotten.
        boxes.storage.set(key, TypedBox(value), memoryPolicy(policy, left: nil))
        try await remote.write(key, item)
    }

    public func remove(_ key: String) async throws(CacheError) {
        boxes.storage.remove(key)
        defer { boxes.storage.remove(key) }
        try await remote.remove(.key(key))
    }

    public func removeAll(tagged tag: String) async throws(CacheError) {
        boxes.storage.removeAll(tagged: tag)
        defer { boxes.storage.removeAll(tagged: tag) }
        try await remote.remove(.tag(tag))
    }

    public func removeAll() async throws(CacheError) {
        boxes.storage.removeAll()
        defer { boxes.storage.removeAll() }
        try await remote.remove(.all)
    }

    /// The policy with the time that its value is to live in, shortened by chance: once for both levels.
    func shortened(_ policy: CachePolicy) -> CachePolicy {
        var policy = policy
        policy.timeToLive = shortened(lifetime(policy))
        return policy
    }

    /// `time`, shortened by chance as the configuration says.
    func shortened(_ time: Duration) -> Duration {
        let jitter = configuration.memory.jitter
        guard jitter > 0, time > .zero, time != .forever else { return time }
        let (part, whole) = (1 - jitter * random.withLock { Double.random(in: 0..<1, using: &$0) }, time.nanoseconds)
        // A whole life of nearly for ever is rounded to more than there is.
        return .nanoseconds(max(1, Int64(exactly: (Double(whole) * part).rounded()) ?? whole))
    }

    private static func receive(_ event: CacheStoreEvent, _ boxes: BoxCache, _ remote: SecondLevel) {
        switch event {
        case .connected, .disconnected:
            // What was missed may concern anything.
            remote.isConnected = event == .connected
            boxes.storage.removeAll()
        case .message(let text):
            guard let message = CacheMessage(text: text), message.origin != remote.origin else { return }
            remote.count { $0.invalidations &+= 1 }
            switch message.subject {
            case .key(let key): boxes.storage.remove(key)
            case .tag(let tag): boxes.storage.removeAll(tagged: tag)
            case .all: boxes.storage.removeAll()
            }
        }
    }
}
