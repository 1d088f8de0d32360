// SPDX-License-Identifier: Apache-2.0
public import ApusCache
import ApusCore

extension RedisCacheStore {
    /// Removes, and makes the leases void that it touches. Removing everything takes as long as
    /// ``RedisCacheConfiguration/removeAllTimeout`` allows, and the server's whole key space is looked through.
    ///
    /// - Throws: `unavailable`, `timeout`, `overloaded`; `unsupported` for everything of a cache without a namespace.
    public func remove(_ removal: CacheRemoval, within: Duration) async throws(CacheError) {
        switch removal {
        case .keys(let keys): try await remove(keys, within: within)
        case .tag(let tag): try await remove(tagged: tag, within: within)
        case .all: try await removeAll(within: max(within, configuration.removeAllTimeout))
        }
    }

    private func mark(_ name: String) -> RedisCommand {
        .set(name, head("X"), timeToLive: configuration.longestLoad)
    }

    private func remove(_ keys: [String], within: Duration) async throws(CacheError) {
        let names = keys.map(name)
        try await guarded.call(within: within) { (deadline) throws(RedisError) in
            let replies = try await client.pipeline(names.map(mark), deadline: deadline)
            for case .error(let error) in replies {
                guard error.code == .outOfMemory else { throw .server(error) }
                // A full server has no place for marks, nor for what a load would store, but it still deletes.
                try await client.delete(names, deadline: deadline)
                return
            }
        }
    }

    private func remove(tagged tag: String, within: Duration) async throws(CacheError) {
        let marker = mark(tagMark(tag))
        try await guarded.call(within: within) { (deadline) throws(RedisError) in
            _ = try await client.run(
                Self.removeTag, keys: [tagSet(tag), tagMark(tag)],
                arguments: [.string(configuration.namespace)] + marker.arguments.dropFirst(),
                deadline: deadline)
        }
    }

    /// KEYS: the set of the tag's keys, the tag's mark. ARGV: the namespace, the mark, `PX`, its milliseconds.
    private static let removeTag = RedisScript(
        """
        redis.call('SET', KEYS[2], ARGV[2], ARGV[3], ARGV[4])
        for _, key in ipairs(redis.call('SMEMBERS', KEYS[1])) do
            redis.call('UNLINK', ARGV[1] .. key)
        end
        redis.call('UNLINK', KEYS[1])
        return 1
        """)

    private func removeAll(within: Duration) async throws(CacheError) {
        guard !configuration.namespace.isEmpty else {
            throw CacheError(.unsupported, "a cache without a namespace can't tell its keys from others'")
        }
        let pattern = Self.escaped(configuration.namespace) + "*"
        try await guarded.call(within: within) { (deadline) throws(RedisError) in
            _ = try await client.send(mark(everything), deadline: deadline)
            try await client.deleteAll(matching: pattern, except: everything, deadline: deadline)
            // Again: marks that were made meanwhile may have been deleted, so leases from meanwhile are void too.
            _ = try await client.send(mark(everything), deadline: deadline)
        }
    }

    /// A text as a pattern that matches only itself.
    private static func escaped(_ text: String) -> String {
        var pattern = ""
        for character in text {
            if "*?[]^\\".contains(character) { pattern.append("\\") }
            pattern.append(character)
        }
        return pattern
    }
}

extension RedisClient {
    /// Deletes all keys that match, a thousand at a time.
    func deleteAll(matching pattern: String, except kept: String, deadline: Instant) async throws(RedisError) {
        var cursor = "0"
        repeat {
            let reply = try await send(
                RedisCommand("SCAN", [.string(cursor), "MATCH", .string(pattern), "COUNT", 1_000]), deadline: deadline)
            guard let parts = reply.array, parts.count == 2, let next = parts[0].string else {
                throw .unexpected("SCAN")
            }
            let keys = (parts[1].array ?? []).compactMap(\.string).filter { $0 != kept }
            try await delete(keys, deadline: deadline)
            cursor = next
        } while cursor != "0"
    }
}
