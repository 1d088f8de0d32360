// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore

/// What a read saw, as the token of a lease holds it: when, and the head of each key that was looked at.
struct RedisCacheLease {
    /// What a key that isn't there has instead of a head.
    static let absent = [UInt8(ascii: "-")]

    let taken: Instant
    /// In the order of the keys.
    let heads: [[UInt8]]

    /// The lease of a read that got `states`.
    init(_ states: [RedisValue], at taken: Instant) {
        self.taken = taken
        heads = states.map { state in
            guard !state.isNull else { return Self.absent }
            return Array((state.bytes ?? []).prefix(RedisCacheStore.headLength - 1))
        }
    }

    /// Nil if the lease is another store's.
    init?(_ lease: CacheLease) {
        let width = MemoryLayout<Int64>.size
        guard lease.token.count >= width else { return nil }
        taken = Instant(nanoseconds: lease.token.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) })
        var heads: [[UInt8]] = []
        var rest = lease.token[width...]
        while let length = rest.popFirst() {
            guard rest.count >= Int(length) else { return nil }
            heads.append(Array(rest.prefix(Int(length))))
            rest = rest.dropFirst(Int(length))
        }
        self.heads = heads
    }

    /// As the cache keeps it.
    var lease: CacheLease {
        var token = withUnsafeBytes(of: taken.nanoseconds) { Array($0) }
        token.reserveCapacity(token.count + heads.count * RedisCacheStore.headLength)
        for head in heads {
            token.append(UInt8(truncatingIfNeeded: head.count))
            token += head
        }
        return CacheLease(token: token)
    }
}
