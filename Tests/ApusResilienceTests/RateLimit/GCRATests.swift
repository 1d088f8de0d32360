// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The generic cell rate algorithm")
struct GCRATests {
    private var now = Instant(nanoseconds: 1_000_000_000_000)
    private var arrival = Int64.min

    @Test("lets a burst through at once and then one request per interval")
    mutating func burstThenSpacing() throws {
        let rule = try GCRA(RateLimit(10, burst: 3))
        for remaining in [2, 1, 0] {
            let decision = rule.decide(arrival: &arrival, now: now)
            #expect(decision.isAllowed)
            #expect(decision.limit == 3)
            #expect(decision.remaining == remaining)
            #expect(decision.retryAfter == nil)
        }
        let rejected = rule.decide(arrival: &arrival, now: now)
        #expect(rejected.verdict == .limited)
        #expect(rejected.remaining == 0)
        #expect(rejected.retryAfter == .milliseconds(100))
        #expect(rejected.reset == .milliseconds(300))
        for _ in 0..<20 {
            now = now.advanced(by: .milliseconds(100) - .nanoseconds(1))
            #expect(rule.decide(arrival: &arrival, now: now).retryAfter == .nanoseconds(1))
            now = now.advanced(by: .nanoseconds(1))
            #expect(rule.decide(arrival: &arrival, now: now).isAllowed)
        }
    }

    @Test("earns the full burst back in a pause, and not more")
    mutating func refills() throws {
        let rule = try GCRA(RateLimit(10, burst: 3))
        for pause in [Duration.milliseconds(300), .seconds(3_600)] {
            let allowed = (0..<10).count { _ in rule.decide(arrival: &arrival, now: now).isAllowed }
            #expect(allowed == 3)
            now = now.advanced(by: pause)
        }
    }

    @Test("isn't moved by rejected requests")
    mutating func rejectedDoNotMove() throws {
        let rule = try GCRA(RateLimit(1, burst: 1))
        #expect(rule.decide(arrival: &arrival, now: now).isAllowed)
        let before = arrival
        for _ in 0..<1_000 { #expect(!rule.decide(arrival: &arrival, now: now).isAllowed) }
        #expect(arrival == before)
        now = now.advanced(by: .seconds(1))
        #expect(rule.decide(arrival: &arrival, now: now).isAllowed)
    }

    @Test("charges a cost, and says at once what can never fit")
    mutating func cost() throws {
        let rule = try GCRA(RateLimit(10, burst: 5))
        #expect(rule.decide(arrival: &arrival, cost: 5, now: now).isAllowed)
        #expect(rule.decide(arrival: &arrival, cost: 3, now: now).retryAfter == .milliseconds(300))
        let tooMuch = rule.decide(arrival: &arrival, cost: 6, now: now)
        #expect(tooMuch.verdict == .neverFits)
        #expect(tooMuch.retryAfter == nil)
        #expect(rule.decide(arrival: &arrival, cost: .max, now: now).verdict == .neverFits)
    }

    @Test("of cost 0 only looks")
    mutating func peeks() throws {
        let rule = try GCRA(RateLimit(10, burst: 2))
        #expect(rule.decide(arrival: &arrival, cost: 0, now: now).remaining == 2)
        #expect(arrival == .min)
        _ = rule.decide(arrival: &arrival, cost: 2, now: now)
        let look = rule.decide(arrival: &arrival, cost: 0, now: now)
        #expect(look.isAllowed)
        #expect(look.remaining == 0)
        #expect(look.reset == .milliseconds(200))
    }

    @Test("makes nobody wait longer than a burst after the clock went back")
    mutating func clockGoesBack() throws {
        let rule = try GCRA(RateLimit(10, burst: 3))
        _ = rule.decide(arrival: &arrival, cost: 3, now: now)
        now = now.advanced(by: .seconds(-3_600))
        #expect(rule.decide(arrival: &arrival, now: now).retryAfter == .milliseconds(100))
        now = now.advanced(by: .milliseconds(100))
        #expect(rule.decide(arrival: &arrival, now: now).isAllowed)
        #expect(rule.decide(arrival: &arrival, now: now).retryAfter == .milliseconds(100))
    }

    @Test("survives both ends of time", arguments: [Int64.min, -1, 0, .max - 1, .max])
    mutating func endsOfTime(_ nanoseconds: Int64) throws {
        let rule = try GCRA(RateLimit(1_000, per: .seconds(3_600), burst: 1_000_000))
        let now = Instant(nanoseconds: nanoseconds)
        for start in [Int64.min, 0, .max] {
            arrival = start
            let decision = rule.decide(arrival: &arrival, now: now)
            #expect(decision.remaining >= 0)
            #expect(decision.reset >= .zero)
        }
    }

    @Test("never lets more through than burst plus rate, for any arrivals")
    func bound() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        for _ in 0..<50 {
            let requests = Int.random(in: 1...5_000, using: &random)
            let burst = Int.random(in: 1...50, using: &random)
            let rule = try GCRA(RateLimit(requests, burst: burst))
            var arrival = Int64.min
            var now = Instant(nanoseconds: 0)
            var allowed = 0
            for _ in 0..<2_000 {
                now.nanoseconds += Int64.random(in: 0...(2_000_000_000 / Int64(requests)), using: &random)
                if rule.decide(arrival: &arrival, now: now).isAllowed { allowed += 1 }
                let bound = Double(burst) + Double(now.nanoseconds) * Double(requests) / 1e9
                #expect(Double(allowed) <= bound + 1e-6, "seed \(seed), \(requests) requests, burst \(burst)")
            }
        }
    }

    @Test(
        "refuses limits that make no sense, naming the key",
        arguments: [
            (RateLimit(0), ["requests", "burst"]), (RateLimit(-1, burst: 1), ["requests"]),
            (RateLimit(1, burst: 0), ["burst"]),
            (RateLimit(1, per: .zero), ["period"]), (RateLimit(1, per: .seconds(-1)), ["period"]),
            (RateLimit(1_000_001, per: .milliseconds(1)), ["requests"]),
            (RateLimit(1, per: .seconds(86_400), burst: 1_000), ["burst"]),
            (RateLimit(1, per: .seconds(30 * 86_400), burst: 1_000_000_000), ["burst"]),
        ])
    func validates(_ limit: RateLimit, _ keys: [String]) {
        #expect(limit.validate().map(\.key) == keys)
        #expect(throws: InvalidConfiguration.self) { try GCRA(limit) }
    }
}
