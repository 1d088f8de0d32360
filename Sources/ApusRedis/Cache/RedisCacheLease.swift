// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore

/// What a read saw: when, and the head of each key that was looked at, in the order of the keys.
///
/// It is used as it lies in the token of a lease: the time in eight bytes, then each head behind a byte with its length.
struct RedisCacheLease {
    private static let timeLength = MemoryLayout<Int64>.size

    let taken: Instant
    /// How many keys were looked at.
    let count: Int
    private let token: [UInt8]

    /// The token of a read that got `states`. A key that isn't there has `-` instead of a head.
    static func token(_ states: [RedisValue], at taken: Instant) -> [UInt8] {
        var token: [UInt8] = []
        token.reserveCapacity(timeLength + states.count * RedisCacheStore.headLength)
        withUnsafeBytes(of: taken.nanoseconds) { token.append(contentsOf: $0) }
        for state in states {
            if case .null = state {
                token.append(1)
                token.append(UInt8(ascii: "-"))
            } else {
                let head = (state.bytes ?? []).prefix(RedisCacheStore.headLength - 1)
                token.append(UInt8(truncatingIfNeeded: head.count))
                token.append(contentsOf: head)
            }
        }
        return token
    }

    /// Nil if the lease is another store's.
    init?(_ lease: CacheLease) {
        token = lease.token
        guard token.count >= Self.timeLength else { return nil }
        taken = Instant(nanoseconds: token.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) })
        var count = 0
        var position = Self.timeLength
        while position < token.count {
            position += 1 + Int(token[position])
            count += 1
        }
        guard position == token.count else { return nil }
        self.count = count
    }

    /// Calls `body` with each head.
    func forEachHead(_ body: (ArraySlice<UInt8>) -> Void) {
        var position = Self.timeLength
        while position < token.count {
            let start = position + 1
            position = start + Int(token[position])
            body(token[start..<position])
        }
    }
}
