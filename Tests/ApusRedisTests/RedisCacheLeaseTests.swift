// SPDX-License-Identifier: Apache-2.0
#if Redis
    import ApusCache
    import ApusCore
    import Testing

    @testable import ApusRedis

    @Suite("The lease of a Redis cache")
    struct RedisCacheLeaseTests {
        private func heads(_ lease: RedisCacheLease) -> [[UInt8]] {
            var heads: [[UInt8]] = []
            lease.forEachHead { heads.append(Array($0)) }
            return heads
        }

        @Test("its token holds when it was taken and the head of each key", arguments: 0..<100)
        func token(seed: UInt64) throws {
            var random = FastRandom(seed: seed)
            let taken = Instant(nanoseconds: Int64(truncatingIfNeeded: random.next()))
            let stored = (0..<Int.random(in: 0...18, using: &random)).map { _ -> [UInt8]? in
                let count = [0, 1, 16, 17, 18, 300].randomElement(using: &random) ?? 0
                return Bool.random(using: &random)
                    ? nil : (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            let token = RedisCacheLease.token(stored.map { $0.map { .bytes($0) } ?? .null }, at: taken)
            let lease = try #require(RedisCacheLease(CacheLease(token: token)))
            #expect(lease.taken == taken)
            #expect(lease.count == stored.count)
            #expect(heads(lease) == stored.map { $0.map { Array($0.prefix(17)) } ?? [UInt8(ascii: "-")] })
        }

        @Test("a token that is cut or not its own is refused, whatever it holds")
        func otherTokens() {
            let states: [RedisValue] = [.null, .bytes(Array(repeating: 7, count: 40)), .bytes([])]
            let token = RedisCacheLease.token(states, at: .now)
            let ends = [8, 10, 28, 29]
            for length in 0...token.count {
                let lease = RedisCacheLease(CacheLease(token: Array(token.prefix(length))))
                #expect((lease?.count) == ends.firstIndex(of: length), "\(length)")
            }
            #expect(RedisCacheLease(CacheLease(token: token + [1])) == nil)
            #expect(RedisCacheLease(CacheLease(token: Array(repeating: 255, count: 9))) == nil)
            var random = FastRandom(seed: 3)
            for _ in 0..<2_000 {
                let count = Int.random(in: 0...60, using: &random)
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...20, using: &random) }
                guard let lease = RedisCacheLease(CacheLease(token: bytes)) else { continue }
                let heads = heads(lease)
                #expect(heads.count == lease.count)
                #expect(8 + heads.reduce(0) { $0 + 1 + $1.count } == bytes.count)
            }
        }
    }
#endif
