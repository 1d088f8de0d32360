// SPDX-License-Identifier: Apache-2.0
public import ApusCore

// The commands of Redis Streams that a queue needs.
extension RedisClient {
    /// Appends an entry (`XADD`).
    ///
    /// - Parameter maximumLength: about how many entries the stream keeps; nil keeps all.
    /// - Returns: the entry's id.
    /// - Throws: as ``send(_:deadline:)``. With `mayHaveRun` the entry may be there.
    @discardableResult
    public func appendToStream(
        _ stream: String, fields: [(name: String, value: [UInt8])], maximumLength: Int? = nil,
        deadline: Instant? = nil
    ) async throws(RedisError) -> String {
        var words: [RedisArgument] = [.string(stream)]
        if let maximumLength { words += ["MAXLEN", "~", .integer(Int64(maximumLength))] }
        words.append("*")
        for field in fields { words += [.string(field.name), .bytes(field.value)] }
        guard let id = try await send(RedisCommand("XADD", words), deadline: deadline).string else {
            throw .unexpected("XADD")
        }
        return id
    }

    /// Makes a consumer group, and the stream if there is none (`XGROUP CREATE … MKSTREAM`). It is no error if the group
    /// exists.
    ///
    /// - Parameter start: after which entry it begins to read: `0` for all, `$` for those to come.
    /// - Throws: as ``send(_:deadline:)``.
    public func createGroup(
        _ group: String, of stream: String, from start: String = "0", deadline: Instant? = nil
    ) async throws(RedisError) {
        do throws(RedisError) {
            let words: [RedisArgument] = ["CREATE", .string(stream), .string(group), .string(start), "MKSTREAM"]
            _ = try await send(RedisCommand("XGROUP", words), deadline: deadline)
        } catch {
            guard error.server?.code == .busyGroup else { throw error }
        }
    }

    /// Reads entries that no consumer of the group has yet, without waiting for any (`XREADGROUP`).
    ///
    /// - Throws: as ``send(_:deadline:)``. With `mayHaveRun` entries may be this consumer's that it never saw:
    ///   ``claim(from:group:consumer:idleFor:count:after:deadline:)`` finds them.
    public func readGroup(
        _ group: String, consumer: String, stream: String, count: Int = 100, deadline: Instant? = nil
    ) async throws(RedisError) -> [RedisStreamEntry] {
        let reply = try await send(.readGroup(group, consumer, stream, count, block: nil), deadline: deadline)
        return try reply.entriesOfOneStream()
    }

    /// Says that entries are done (`XACK`).
    ///
    /// - Returns: how many of them were pending.
    /// - Throws: as ``send(_:deadline:)``.
    @discardableResult
    public func acknowledge(
        _ ids: [String], in stream: String, group: String, deadline: Instant? = nil
    ) async throws(RedisError) -> Int {
        guard !ids.isEmpty else { return 0 }
        let words = [.string(stream), .string(group)] + ids.map { RedisArgument.string($0) }
        guard let count = try await send(RedisCommand("XACK", words), deadline: deadline).integer else {
            throw .unexpected("XACK")
        }
        return Int(count)
    }

    /// Entries in the order of their ids, whoever has read them (`XRANGE`).
    ///
    /// - Parameters:
    ///   - id: only those after it; `0-0` for all.
    ///   - count: at most so many.
    /// - Throws: as ``send(_:deadline:)``.
    public func entries(
        of stream: String, after id: String = "0-0", count: Int = 100, deadline: Instant? = nil
    ) async throws(RedisError) -> [RedisStreamEntry] {
        let words: [RedisArgument] = [.string(stream), .string("(\(id)"), "+", "COUNT", .integer(Int64(count))]
        return try RedisStreamEntry.list(try await send(RedisCommand("XRANGE", words), deadline: deadline))
    }

    /// Takes over entries that their consumer hasn't acknowledged for some time (`XAUTOCLAIM`).
    ///
    /// - Parameters:
    ///   - idle: for how long, in whole milliseconds.
    ///   - start: where to go on, as the last call said; `0-0` from the beginning.
    /// - Returns: the entries, and where to go on; `0-0` when all were looked at.
    /// - Throws: as ``send(_:deadline:)``.
    public func claim(
        from stream: String, group: String, consumer: String, idleFor idle: Duration, count: Int = 100,
        after start: String = "0-0", deadline: Instant? = nil
    ) async throws(RedisError) -> (entries: [RedisStreamEntry], next: String) {
        let words: [RedisArgument] = [
            .string(stream), .string(group), .string(consumer), .integer(idle.nanoseconds / 1_000_000), .string(start),
            "COUNT", .integer(Int64(count)),
        ]
        let reply = try await send(RedisCommand("XAUTOCLAIM", words), deadline: deadline)
        guard let parts = reply.array, parts.count >= 2, let next = parts[0].string else {
            throw .unexpected("XAUTOCLAIM")
        }
        return (try RedisStreamEntry.list(parts[1]), next)
    }
}

extension RedisConnection {
    /// Reads entries that no consumer of the group has yet, and waits for the first for up to `wait`
    /// (`XREADGROUP … BLOCK`).
    ///
    /// - Parameter wait: at least 1 ms; empty if nothing came. The deadline lies a command timeout later.
    /// - Throws: as ``send(_:deadline:)``.
    public func readGroup(
        _ group: String, consumer: String, stream: String, count: Int = 100, waitingFor wait: Duration
    ) async throws(RedisError) -> [RedisStreamEntry] {
        let deadline = link.time.now.advanced(by: wait + timeout)
        let reply = try await send(.readGroup(group, consumer, stream, count, block: wait), deadline: deadline)
        return try reply.entriesOfOneStream()
    }
}

extension RedisCommand {
    fileprivate static func readGroup(
        _ group: String, _ consumer: String, _ stream: String, _ count: Int, block: Duration?
    ) -> RedisCommand {
        var words: [RedisArgument] = ["GROUP", .string(group), .string(consumer), "COUNT", .integer(Int64(count))]
        if let block { words += ["BLOCK", .integer(max(1, block.nanoseconds / 1_000_000))] }
        return RedisCommand("XREADGROUP", words + ["STREAMS", .string(stream), ">"])
    }
}

extension RedisValue {
    /// Reads `[[stream, [entry, …]]]`, or nothing.
    fileprivate func entriesOfOneStream() throws(RedisError) -> [RedisStreamEntry] {
        guard let streams = array, let only = streams.first else { return [] }
        guard let parts = only.array, parts.count == 2 else { throw .unexpected("XREADGROUP") }
        return try RedisStreamEntry.list(parts[1])
    }
}
