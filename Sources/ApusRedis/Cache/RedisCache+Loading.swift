// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import Synchronization

// A load, and how it is stored.
extension RedisCache {
    private static let storeIfUnchanged = RedisScript(
        """
        if redis.call('GET', KEYS[1]) == ARGV[1] then
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
            return 1
        end
        return 0
        """)

    /// The one load of a key in this process.
    ///
    /// - Parameters:
    ///   - seen: what the caller saw in Redis; nil if it couldn't look.
    ///   - ended: how many loads had ended before the caller looked.
    func load<Value: Codable & Sendable>(
        _ key: String, _ seen: StoredValue?, _ ended: UInt, _ timeToLive: Duration,
        _ load: @Sendable () async throws -> Value
    ) async throws -> any Sendable {
        var seen = seen
        if seen != nil, endings.count(of: key) != ended {
            // Another load ended since the caller looked, perhaps of this key.
            seen = await lookOrNil(key)
            if case .value(let bytes) = seen, let value = decode(bytes, as: Value.self) { return value }
        }
        let epoch = endings.epoch
        let began = client.time.now
        defer { endings.note(key) }
        counters.loads.wrappingAdd(1, ordering: .relaxed)
        let value: Value
        do {
            value = try await load()
        } catch {
            counters.loadFailures.wrappingAdd(1, ordering: .relaxed)
            throw error
        }
        let took = began.duration(to: client.time.now)
        if let seen, timeToLive > .zero, took < configuration.longestLoad, endings.epoch == epoch {
            await store(key, value, on: seen, shortened(timeToLive))
        } else if timeToLive > .zero {
            counters.notStored.wrappingAdd(1, ordering: .relaxed)
        }
        return value
    }

    private func store(
        _ key: String, _ value: some Encodable, on seen: StoredValue, _ timeToLive: Duration
    ) async {
        do throws(CacheError) {
            let bytes = try encode(value)
            let isStored = try await call { (deadline) throws(RedisError) in
                try await self.storeIfUnchanged(self.name(key), bytes, on: seen, timeToLive, deadline)
            }
            if !isStored { counters.notStored.wrappingAdd(1, ordering: .relaxed) }
        } catch {
            // Counted where it was found. The load has its value all the same.
            counters.notStored.wrappingAdd(1, ordering: .relaxed)
        }
    }

    private func storeIfUnchanged(
        _ name: String, _ bytes: [UInt8], on seen: StoredValue, _ timeToLive: Duration, _ deadline: Instant
    ) async throws(RedisError) -> Bool {
        switch seen {
        case .nothing:
            var command = RedisCommand.set(name, bytes, timeToLive: timeToLive)
            command.arguments.append("NX")
            return try await !client.send(command, deadline: deadline).isNull
        case .mark(let old), .value(let old):
            let milliseconds = max(1, timeToLive.nanoseconds / 1_000_000)
            let reply = try await client.run(
                Self.storeIfUnchanged, keys: [name], arguments: [.bytes(old), .bytes(bytes), .integer(milliseconds)],
                deadline: deadline)
            return reply.integer == 1
        }
    }
}

/// How many loads have ended, by the slot of their key, and how often everything was removed.
///
/// Who looked before a load of the same key ended must look again before it loads.
final class LoadEndings: Sendable {
    private static let slots = 256
    private let counts = Mutex([UInt](repeating: 0, count: slots))
    private let epochs = Atomic<Int>(0)

    func count(of key: String) -> UInt {
        counts.withLock { $0[Self.slot(of: key)] }
    }

    func note(_ key: String) {
        counts.withLock { $0[Self.slot(of: key)] &+= 1 }
    }

    var epoch: Int { epochs.load(ordering: .acquiring) }

    func startEpoch() {
        epochs.wrappingAdd(1, ordering: .acquiringAndReleasing)
    }

    private static func slot(of key: String) -> Int {
        Int(UInt(bitPattern: key.hashValue) % UInt(slots))
    }
}
