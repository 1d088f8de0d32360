// SPDX-License-Identifier: Apache-2.0
public import ApusCache
public import ApusCore
import Synchronization

/// The second level of a ``ApusCache/TieredCache`` on a Redis server that several instances share.
///
/// An item is `V`, 16 digits that no other item has, a line feed, and the bytes. A removal leaves a mark of the same form
/// (`X`) for ``RedisCacheConfiguration/longestLoad``; so do the removal of a tag and of everything. A lease is what `read`
/// saw of all these, and `fill` compares them in one script.
public final class RedisCacheStore: CacheStore {
    /// What it was made with.
    public let configuration: RedisCacheConfiguration
    let guarded: GuardedRedis
    let counters = RedisCacheCounters()
    /// Holds the mark that everything was removed. Names with a control character are nobody's keys.
    let everything: String
    private let random: Mutex<FastRandom>

    var client: RedisClient { guarded.client }

    /// A store on `client`'s server; nothing is connected yet.
    ///
    /// - Throws: every problem of the configuration.
    public init(
        _ client: RedisClient, _ configuration: RedisCacheConfiguration = .init()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        everything = configuration.namespace + "\u{1}all"
        guarded = try GuardedRedis(client, configuration.breaker, counters)
        random = Mutex(configuration.seed.map(FastRandom.init(seed:)) ?? FastRandom())
    }

    public func read(_ key: String, tags: [String], within: Duration) async throws(CacheError) -> CacheStoreLookup {
        let frame = readFrame(key, tags)
        return try await guarded.call(within: within) { (deadline, began) throws(RedisError) -> CacheStoreLookup in
            let replies = try await client.sendAllowed(.frame(frame), deadline: deadline)
            // Here, so that the breaker hears of a server that answers with an error.
            return try Self.lookup(replies, of: tags.count + 2, at: began)
        }
    }

    /// What the replies to `MGET` and `PTTL` say.
    @inline(never)
    private static func lookup(
        _ reply: RedisValue, of count: Int, at now: Instant
    ) throws(RedisError) -> CacheStoreLookup {
        guard let replies = reply.array, replies.count == 2 else { throw .unexpected("MGET") }
        if case .error(let error) = replies[0] { throw .server(error) }
        guard let states = replies[0].array, states.count == count, let left = replies[1].integer else {
            throw .unexpected("MGET")
        }
        let lease = CacheLease(token: RedisCacheLease.token(states, at: now))
        guard case .bytes(let stored)? = states.last, left != -2, let bytes = item(stored) else {
            return CacheStoreLookup(item: nil, lease: lease)
        }
        let item = CacheStoreItem(bytes: bytes, timeToLive: left < 0 ? nil : .milliseconds(max(1, left)))
        return CacheStoreLookup(item: item, lease: lease)
    }

    public func fill(
        _ key: String, _ item: CacheStoreItem, lease: CacheLease, within: Duration,
        done: @escaping @Sendable (Result<Bool, CacheError>) -> Void
    ) {
        do throws(CacheError) {
            try requireRoom(for: item)
            // Marks are gone after the longest load, and tags other than those of the lease were not looked at.
            guard let seen = RedisCacheLease(lease), seen.count == item.tags.count + 2,
                seen.taken.duration(to: client.time.now) < configuration.longestLoad
            else { return done(.success(false)) }
            let call = try guarded.start(within: within)
            client.start(Self.fillScript, deadline: call.deadline) { [self] name, script in
                .frame(fillFrame(name, script, key, item, seen))
            } done: {
                done(call.finish($0).map { $0.integer == 1 })
            }
        } catch {
            done(.failure(error))
        }
    }

    public func write(_ key: String, _ item: CacheStoreItem, within: Duration) async throws(CacheError) {
        try requireRoom(for: item)
        let value = head("V") + item.bytes
        try await guarded.call(within: within) { (deadline) throws(RedisError) in
            guard !item.tags.isEmpty else {
                try await client.set(name(key), value, timeToLive: item.timeToLive, deadline: deadline)
                return
            }
            // As a fill that compares nothing.
            _ = try await client.run(
                Self.fillScript, keys: [name(key)] + item.tags.map(tagSet),
                arguments: [
                    .integer(1), .bytes(value), .integer(Self.milliseconds(item.timeToLive)), .string(key), "",
                ], deadline: deadline)
        }
    }

    public func publish(_ message: String, within: Duration) async throws(CacheError) {
        try await guarded.call(within: within) { (deadline) throws(RedisError) in
            _ = try await client.publish(channel, Array(message.utf8), deadline: deadline)
        }
    }

    /// `degraded` while Redis isn't reached or left alone, and for 30 s after it had no memory, took no writes, did not
    /// permit something, or was too slow for 10 calls within 10 s: the cache goes on without it.
    public var health: RedisHealth { guarded.problem.map { .degraded($0.message) } ?? .ok }

    /// Asks Redis for a sign of life, and throws what ``health`` knows besides. For health checks: it isn't counted.
    ///
    /// - Throws: `connect_failed`, `authentication_failed` and the other codes of ``RedisError``; `full`, `refused`,
    ///   `timeout`, `unavailable`.
    public func check(within: Duration) async throws(CacheError) {
        do throws(RedisError) {
            try await client.ping(deadline: client.time.now.advanced(by: within))
        } catch  where error.server?.code == .noPermission {
            // An answer all the same.
        } catch {
            throw CacheError(CacheError.Code(error.codeName), error.message)
        }
        if let problem = guarded.problem { throw problem }
    }

    /// What was counted of failures.
    public var failures: RedisCacheStatistics { counters.failuresSoFar }

    // MARK: Names

    var channel: String { configuration.namespace + "invalidations" }

    func name(_ key: String) -> String { configuration.namespace + key }
    func tagMark(_ tag: String) -> String { configuration.namespace + Self.markInfix + tag }
    func tagSet(_ tag: String) -> String { configuration.namespace + Self.setInfix + tag }
    static let markInfix = "\u{1}mark:"
    static let setInfix = "\u{1}keys:"

    // MARK: What is stored

    static let headLength = 18

    /// A head that no other item or mark has.
    func head(_ kind: Unicode.Scalar) -> [UInt8] {
        var head: [UInt8] = []
        head.reserveCapacity(Self.headLength)
        appendHead(kind, to: &head)
        return head
    }

    /// The same behind what is in `bytes`.
    func appendHead(_ kind: Unicode.Scalar, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: kind))
        Hex.append(random.withLock { $0.next() }, to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// - Throws: `tooLarge`, counted.
    private func requireRoom(for item: CacheStoreItem) throws(CacheError) {
        guard item.bytes.count > configuration.maximumValueBytes else { return }
        counters.tooLarge.wrappingAdd(1, ordering: .relaxed)
        throw CacheError(
            .tooLarge, "the value has \(item.bytes.count) bytes, more than \(configuration.maximumValueBytes)")
    }

    private static func item(_ stored: [UInt8]) -> [UInt8]? {
        guard stored.count >= headLength, stored[0] == UInt8(ascii: "V") else { return nil }
        return Array(stored[headLength...])
    }

    static func milliseconds(_ timeToLive: Duration?) -> Int64 {
        timeToLive.map { max(1, $0.nanoseconds / 1_000_000) } ?? 0
    }

    /// KEYS: what the lease looked at, the key last of them; sets of the tags' keys. ARGV: how many the former are, the
    /// value, its milliseconds or 0, the key without namespace, and the heads that are expected; an empty one is any.
    private static let fillScript = RedisScript(
        """
        local count = tonumber(ARGV[1])
        for i = 1, count do
            local expected = ARGV[4 + i]
            if expected ~= '' then
                local state = redis.call('GET', KEYS[i])
                if (state and string.sub(state, 1, 17) or '-') ~= expected then return 0 end
            end
        end
        local life = tonumber(ARGV[3])
        if life > 0 then
            redis.call('SET', KEYS[count], ARGV[2], 'PX', life)
        else
            redis.call('SET', KEYS[count], ARGV[2])
        end
        for i = count + 1, #KEYS do
            local left = redis.call('PTTL', KEYS[i])
            redis.call('SADD', KEYS[i], ARGV[4])
            if life == 0 or left == -1 then
                redis.call('PERSIST', KEYS[i])
            elseif left < life then
                redis.call('PEXPIRE', KEYS[i], life)
            end
        end
        return 1
        """)
}
