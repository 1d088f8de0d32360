// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusRedis

/// GET of keys that are there, of all callers on few connections.
struct RedisJob: Sendable {
    private static let valueLength = 100
    private static let keys = (0..<Load.rows).map { number in
        let digits = String(number)
        return "key:" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    private let redis: RedisClient

    init(url: String, connections: Int, loops: EventLoops) throws {
        var configuration = try RedisConfiguration(url: url)
        configuration.connections = connections
        redis = try RedisClient(configuration, group: loops.group)
    }

    func get(_ number: Int) async throws {
        let value = try await redis.get(Self.keys[number * Load.step % Load.rows])
        guard value?.count == Self.valueLength else {
            throw WrongAnswer(description: "\(value?.count ?? 0) bytes instead of \(Self.valueLength)")
        }
    }

    func close() {
        redis.shutdown()
    }
}
