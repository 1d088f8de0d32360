// SPDX-License-Identifier: Apache-2.0
public import ApusCache
import ApusCore

extension RedisCacheStore {
    /// Removes, makes the leases void that it touches, and tells `messages`. Removing everything looks through the server's
    /// whole key space.
    ///
    /// A full server still deletes, but has no place for the marks that make leases void: `full` is thrown then, after all
    /// that could be done.
    ///
    /// - Throws: `unavailable`, `timeout`, `overloaded`, `refused`, `full`.
    public func remove(
        _ removal: CacheRemoval, announcing messages: [String], within: Duration
    ) async throws(CacheError) {
        let news = messages.map { RedisCommand("PUBLISH", [.string(channel), .bytes(Array($0.utf8))]) }
        try await guarded.call(within: within) { (deadline) throws(RedisError) in
            switch removal {
            case .keys(let keys): try await remove(keys.map(name), news, deadline)
            case .tag(let tag): try await remove(tagged: tag, news, deadline)
            case .all: try await removeAll(news, deadline)
            }
        }
    }

    private func mark(_ name: String) -> RedisCommand {
        .set(name, head("X"), timeToLive: configuration.longestLoad)
    }

    private func remove(_ names: [String], _ news: [RedisCommand], _ deadline: Instant) async throws(RedisError) {
        guard let full = try await send(names.map(mark) + news, deadline) else { return }
        // Told once more: who heard of it before this may have read what was there.
        _ = try await send([RedisCommand("UNLINK", names.map { .string($0) })] + news, deadline)
        throw full
    }

    private func remove(tagged tag: String, _ news: [RedisCommand], _ deadline: Instant) async throws(RedisError) {
        let marker = mark(tagMark(tag))
        var full: RedisError?
        do throws(RedisError) {
            _ = try await client.run(
                Self.removeTag, keys: [tagSet(tag), tagMark(tag)],
                arguments: [.string(configuration.namespace)] + marker.arguments.dropFirst(),
                deadline: deadline)
        } catch {
            guard error.isFull else { throw error }
            full = error
        }
        _ = try await send(news, deadline)
        if let full { throw full }
    }

    /// KEYS: the set of the tag's keys, the tag's mark. ARGV: the namespace, the mark, `PX`, its milliseconds. Removes also
    /// if there is no room for the mark, and answers that there is none.
    private static let removeTag = RedisScript(
        """
        local marked = redis.pcall('SET', KEYS[2], ARGV[2], ARGV[3], ARGV[4])
        for _, key in ipairs(redis.call('SMEMBERS', KEYS[1])) do
            redis.call('UNLINK', ARGV[1] .. key)
        end
        redis.call('UNLINK', KEYS[1])
        return marked
        """)

    private func removeAll(_ news: [RedisCommand], _ deadline: Instant) async throws(RedisError) {
        let first = try await send([mark(everything)], deadline)
        let pattern = Self.escaped(configuration.namespace) + "*"
        try await client.deleteAll(matching: pattern, except: everything, deadline: deadline)
        // Again: marks that were made meanwhile may have been deleted, so leases from meanwhile are void too.
        let second = try await send([mark(everything)] + news, deadline)
        if let full = first ?? second { throw full }
    }

    /// Sends commands in one piece.
    ///
    /// - Returns: the answer of a full server, if one of them got that.
    /// - Throws: what the first other error says.
    private func send(_ commands: [RedisCommand], _ deadline: Instant) async throws(RedisError) -> RedisError? {
        var full: RedisError?
        for case .error(let error) in try await client.sendPiece(commands, deadline: deadline) {
            guard error.code == .outOfMemory else { throw .server(error) }
            full = .server(error)
        }
        return full
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
