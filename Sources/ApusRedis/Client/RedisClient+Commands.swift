// SPDX-License-Identifier: Apache-2.0
public import ApusCore

// The commands that nearly everyone needs. Everything else goes through `command` and `send`.
extension RedisClient {
    /// The value under `key`; nil if there is none.
    ///
    /// - Throws: as ``send(_:deadline:)``.
    public func get(_ key: String, deadline: Instant? = nil) async throws(RedisError) -> [UInt8]? {
        switch try await sendAllowed(RedisCommand("GET", [.string(key)]), deadline: deadline) {
        case .bytes(let bytes): return bytes
        case .null: return nil
        default: throw .unexpected("GET")
        }
    }

    /// Stores a value.
    ///
    /// - Parameter timeToLive: after which the server forgets it, in whole milliseconds, at least one; nil keeps it.
    /// - Throws: as ``send(_:deadline:)``.
    public func set(
        _ key: String, _ value: [UInt8], timeToLive: Duration? = nil, deadline: Instant? = nil
    ) async throws(RedisError) {
        _ = try await sendAllowed(.set(key, value, timeToLive: timeToLive), deadline: deadline)
    }

    /// Deletes keys; the server frees their memory in the background.
    ///
    /// - Returns: how many there were.
    /// - Throws: as ``send(_:deadline:)``.
    @discardableResult
    public func delete(_ keys: [String], deadline: Instant? = nil) async throws(RedisError) -> Int {
        guard !keys.isEmpty else { return 0 }
        let reply = try await sendAllowed(RedisCommand("UNLINK", keys.map { .string($0) }), deadline: deadline)
        guard let count = reply.integer else { throw .unexpected("UNLINK") }
        return Int(count)
    }

    /// Asks for a sign of life.
    ///
    /// - Throws: as ``send(_:deadline:)``.
    public func ping(deadline: Instant? = nil) async throws(RedisError) {
        _ = try await sendAllowed(RedisCommand("PING"), deadline: deadline)
    }
}

extension RedisCommand {
    /// `SET key value [PX milliseconds]`.
    static func set(_ key: String, _ value: [UInt8], timeToLive: Duration?) -> RedisCommand {
        guard let timeToLive else { return RedisCommand("SET", [.string(key), .bytes(value)]) }
        let milliseconds = max(1, timeToLive.nanoseconds / 1_000_000)
        return RedisCommand("SET", [.string(key), .bytes(value), .string("PX"), .integer(milliseconds)])
    }
}
