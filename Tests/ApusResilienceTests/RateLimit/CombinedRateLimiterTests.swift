// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("Several rate limits in one step")
struct CombinedRateLimiterTests {
    private let time = ManualTime()

    private func limiter(_ limits: NamedRateLimit...) throws -> CombinedRateLimiter {
        try CombinedRateLimiter(limits, time: time.source)
    }

    @Test("charge all of them or none")
    func allOrNone() throws {
        let limiter = try limiter(
            NamedRateLimit("client", RateLimit(10, burst: 5)), NamedRateLimit("everyone", RateLimit(10, burst: 2)))
        for _ in 0..<2 { #expect(limiter.check(RateKeys("a")).isAllowed) }
        for _ in 0..<50 { #expect(!limiter.check(RateKeys("a")).isAllowed) }
        time.advance(by: .milliseconds(200))
        #expect(limiter.check(RateKeys("b"), cost: 2).isAllowed)
        // The client was charged twice, and has earned both back: what was refused cost it nothing.
        time.advance(by: .milliseconds(200))
        let look = limiter.check(RateKeys("a"), cost: 0)
        #expect(look.isAllowed)
        #expect(limiter.statistics.map(\.allowed) == [4, 4])
        #expect(limiter.statistics.map(\.limited) == [0, 50])
    }

    @Test("name the one that makes the request wait longest")
    func longestWait() throws {
        let limiter = try limiter(
            NamedRateLimit("second", RateLimit(1, burst: 1)), NamedRateLimit("minute", RateLimit(1, per: .seconds(60))),
            NamedRateLimit("loose", RateLimit(1_000)))
        #expect(limiter.check().isAllowed)
        let refused = limiter.check()
        #expect(limiter.name(of: refused) == "minute")
        #expect(refused.retryAfter == .seconds(60))
        time.advance(by: .seconds(60))
        #expect(limiter.check().isAllowed)
    }

    @Test("name the one with least left when the request passes")
    func leastLeft() throws {
        let limiter = try limiter(
            NamedRateLimit("wide", RateLimit(100)), NamedRateLimit("narrow", RateLimit(5)),
            NamedRateLimit("wider", RateLimit(1_000)))
        let decision = limiter.check()
        #expect(limiter.name(of: decision) == "narrow")
        #expect(decision.decision.remaining == 4)
        #expect(decision.retryAfter == nil)
    }

    @Test("say of a cost that one of them never fits that it never fits")
    func neverFits() throws {
        let limiter = try limiter(
            NamedRateLimit("slow", RateLimit(1, per: .seconds(3_600), burst: 10)),
            NamedRateLimit("small", RateLimit(10, burst: 3)))
        #expect(limiter.check(cost: 3).isAllowed)
        let refused = limiter.check(cost: 8)
        #expect(refused.decision.verdict == .neverFits)
        #expect(limiter.name(of: refused) == "small")
        #expect(refused.retryAfter == nil)
    }

    @Test("count each under its own key, and what has no key for everyone")
    func keys() throws {
        let limiter = try limiter(
            NamedRateLimit("client", RateLimit(1, burst: 1)), NamedRateLimit("tenant", RateLimit(1, burst: 2)),
            NamedRateLimit("everyone", RateLimit(1, burst: 3)))
        #expect(limiter.check(RateKeys("a", "t1")).isAllowed)
        #expect(limiter.name(of: limiter.check(RateKeys("a", "t1"))) == "client")
        #expect(limiter.check(RateKeys("b", "t1")).isAllowed)
        #expect(limiter.name(of: limiter.check(RateKeys("c", "t1"))) == "tenant")
        #expect(limiter.check(RateKeys("c", "t2")).isAllowed)
        #expect(limiter.name(of: limiter.check(RateKeys("d", "t3"))) == "everyone")
        var keys = RateKeys()
        keys.appendCommon()
        for number in 0..<20 { keys.append(number) }
        #expect(keys.count == RateKeys.maximum)
    }

    @Test("of cost 0 only look")
    func peek() throws {
        let limiter = try limiter(NamedRateLimit("a", RateLimit(1)), NamedRateLimit("b", RateLimit(1)))
        for _ in 0..<10 { #expect(limiter.check(RateKeys("x"), cost: 0).isAllowed) }
        #expect(limiter.statistics.map(\.keys) == [0, 0])
        #expect(limiter.check(RateKeys("x")).isAllowed)
        #expect(!limiter.check(RateKeys("x")).isAllowed)
        #expect(limiter.check(RateKeys("y"), cost: 0).decision.remaining == 0)
    }

    @Test("agree with limits that are asked, and then charged, one by one")
    func model() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        for _ in 0..<20 {
            let rules = (0..<3).map { index in
                NamedRateLimit(
                    "\(index)",
                    RateLimit(
                        Int.random(in: 1...50, using: &random), per: .seconds(1),
                        burst: Int.random(in: 1...20, using: &random)))
            }
            let limiter = try CombinedRateLimiter(rules, time: time.source)
            let plain = try rules.map { try GCRA($0.limit) }
            var arrivals: [[Int: Int64]] = [[:], [:], [:]]
            var now = Instant(nanoseconds: 1_000_000_000_000)
            for step in 0..<500 {
                let jump =
                    random.next() % 50 == 0 ? Int64.random(in: 0...5_000_000_000, using: &random) : 0
                now.nanoseconds += jump + Int64.random(in: 0...100_000_000, using: &random)
                let keys = [Int.random(in: 0..<5, using: &random), Int.random(in: 0..<2, using: &random), 0]
                let cost = UInt32.random(in: 0...4, using: &random)
                let decision = limiter.check(RateKeys(keys[0], keys[1]), cost: cost, now: now)
                var charged = arrivals
                var verdicts: [RateDecision] = []
                for index in 0..<3 {
                    var arrival = charged[index][keys[index]] ?? .min
                    verdicts.append(plain[index].decide(arrival: &arrival, cost: cost, now: now))
                    charged[index][keys[index]] = arrival
                }
                let isAllowed = verdicts.allSatisfy(\.isAllowed)
                try #require(decision.isAllowed == isAllowed, "seed \(seed), step \(step)")
                if isAllowed {
                    arrivals = charged
                } else if !verdicts.contains(where: { $0.verdict == .neverFits }) {
                    let longest = verdicts.compactMap(\.retryAfter).max()
                    try #require(decision.retryAfter == longest, "seed \(seed), step \(step)")
                }
            }
        }
    }

    @Test("make nobody wait longer than a burst after the clock went back, refused or not")
    func clockGoesBack() throws {
        let limiter = try limiter(
            NamedRateLimit("client", RateLimit(10, burst: 3)), NamedRateLimit("everyone", RateLimit(10, burst: 3)))
        #expect(limiter.check(RateKeys("a"), cost: 3).isAllowed)
        time.advance(by: .seconds(-100))
        #expect(limiter.check(RateKeys("a")).retryAfter == .milliseconds(100))
        time.advance(by: .milliseconds(100))
        #expect(limiter.check(RateKeys("a")).isAllowed)
        #expect(!limiter.check(RateKeys("a")).isAllowed)
    }

    @Test(
        "let exactly the tightest burst through under contention, and charge no other for the rest",
        .timeLimit(.minutes(1)))
    func contended() async throws {
        let limiter = try limiter(
            NamedRateLimit("client", RateLimit(1, burst: 1_000)), NamedRateLimit("everyone", RateLimit(1, burst: 700)))
        let allowed = await withTaskGroup(of: Int.self) { group in
            for worker in 0..<8 {
                group.addTask { (0..<500).count { _ in limiter.check(RateKeys(worker % 2)).isAllowed } }
            }
            return await group.reduce(0, +)
        }
        #expect(allowed == 700)
        let left = (0..<2).map { 999 - limiter.check(RateKeys($0), cost: 0).decision.remaining }
        #expect(limiter.statistics.map(\.allowed) == [702, 702], "two of them only looked")
        #expect(left.allSatisfy { $0 >= 0 })
    }

    @Test("are refused if they make no sense, naming the limit and the key")
    func validates() {
        do throws(InvalidConfiguration) {
            _ = try CombinedRateLimiter([
                NamedRateLimit("a", RateLimit(0, burst: 1)), NamedRateLimit("a", RateLimit(1), maximumKeys: 0),
                NamedRateLimit("", RateLimit(1)),
            ])
            Issue.record("it took them")
        } catch {
            #expect(
                error.problems.map(\.key) == [
                    "limits", "limits[0].requests", "limits[1].maximumKeys", "limits[2].name",
                ])
        }
        #expect(throws: InvalidConfiguration.self) { try CombinedRateLimiter([]) }
        let many = (0..<9).map { NamedRateLimit("\($0)", RateLimit(1)) }
        #expect(throws: InvalidConfiguration.self) { try CombinedRateLimiter(many) }
    }
}
