// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A latency digest")
struct LatencyDigestTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    @Test("knows nothing at first")
    func empty() {
        var digest = LatencyDigest(window: .seconds(10))
        #expect(digest.quantile(0.5, now: start) == nil)
        #expect(digest.count == 0)
    }

    @Test(
        "tells no quantile too short and none more than an eighth too long", arguments: [0.0, 0.5, 0.9, 0.95, 0.99, 1])
    func accuracy(_ quantile: Double) {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        var digest = LatencyDigest(window: .seconds(10))
        var durations: [Int64] = []
        for _ in 0..<5_000 {
            let power = Int64.random(in: 11...38, using: &random)
            let nanoseconds = Int64.random(in: (1 << power)..<(1 << (power + 1)), using: &random)
            durations.append(nanoseconds)
            digest.record(.nanoseconds(nanoseconds), now: start)
        }
        durations.sort()
        let rank = max(1, Int((quantile * 5_000).rounded(.up)))
        let exact = durations[rank - 1]
        let told = digest.quantile(quantile, now: start)?.nanoseconds ?? 0
        #expect(told >= exact, "seed \(seed)")
        #expect(Double(told) <= Double(exact) * 1.125, "seed \(seed)")
    }

    @Test("puts what is out of its range into its first or last bucket")
    func bounds() {
        for duration in [Duration.seconds(-1), .zero, .nanoseconds(1), .nanoseconds(1_023)] {
            var digest = LatencyDigest(window: .seconds(10))
            digest.record(duration, now: start)
            #expect(digest.quantile(0.5, now: start) == .nanoseconds(1_152))
        }
        var digest = LatencyDigest(window: .seconds(10))
        digest.record(.seconds(Int64.max), now: start)
        #expect(digest.quantile(0.5, now: start) == .nanoseconds(Int64(1) << 42))
    }

    @Test("forgets what is older than its window, half by half")
    func forgets() {
        var digest = LatencyDigest(window: .seconds(10))
        digest.record(.seconds(1), now: start)
        digest.record(.milliseconds(1), now: start.advanced(by: .seconds(6)))
        #expect(digest.count == 2)
        #expect(digest.quantile(1, now: start.advanced(by: .seconds(10)))?.seconds ?? 0 > 0.9)
        digest.record(.milliseconds(1), now: start.advanced(by: .seconds(11)))
        #expect(digest.count == 2)
        #expect(digest.quantile(1, now: start.advanced(by: .seconds(11)))?.seconds ?? 1 < 0.01)
        #expect(digest.quantile(1, now: start.advanced(by: .seconds(60))) == nil)
    }

    @Test("takes a time that is slightly out of order")
    func outOfOrder() {
        var digest = LatencyDigest(window: .seconds(10))
        digest.record(.milliseconds(1), now: start)
        digest.record(.milliseconds(1), now: start.advanced(by: .seconds(-1)))
        #expect(digest.count == 2)
    }
}
