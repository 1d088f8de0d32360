// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The gradient limit")
struct GradientLimitTests {
    private var now = Instant(nanoseconds: 1_000_000_000_000)

    private func limit(_ change: (inout AdaptiveConcurrencyConfiguration) -> Void = { _ in }) throws -> GradientLimit {
        var configuration = AdaptiveConcurrencyConfiguration()
        configuration.initialLimit = 100
        configuration.minimumSamples = 10
        configuration.smoothing = 1
        change(&configuration)
        return try GradientLimit(configuration)
    }

    /// A window of ten calls.
    private mutating func window(
        _ limit: inout GradientLimit, _ latency: Int, inFlight: Int? = nil, _ outcome: ConcurrencyOutcome = .answered,
        others: ConcurrencyOutcome = .answered
    ) -> Int {
        for call in 0..<10 {
            now = now.advanced(by: .milliseconds(12))
            _ = limit.record(
                latency: .milliseconds(latency), inFlight: inFlight ?? limit.limit, call < 2 ? outcome : others,
                now: now)
        }
        return limit.limit
    }

    @Test("grows by its root while calls are as fast as normal, up to the ceiling")
    mutating func grows() throws {
        var limit = try limit { $0.maximumLimit = 125 }
        #expect(window(&limit, 10) == 110)
        #expect(window(&limit, 10) == 120)
        #expect(window(&limit, 10) == 125)
        #expect(limit.normalLatency == .milliseconds(10))
    }

    @Test("falls in proportion when calls become slower than tolerated, at most to a half in a step, down to the floor")
    mutating func falls() throws {
        var limit = try limit()
        _ = window(&limit, 10)
        #expect(window(&limit, 15) == 120, "110 + √110: within the tolerance")
        #expect(window(&limit, 20) == 101, "120.9 * 1.5 * 10 / 20 + √120.9, 10 having become a little more")
        #expect(window(&limit, 1_000) == 60)
        for _ in 0..<3 { _ = window(&limit, 1_000) }
        #expect(limit.limit < 20 && limit.limit >= 4)
    }

    @Test("stays while less than half of it is used")
    mutating func appLimited() throws {
        var limit = try limit()
        #expect(window(&limit, 10, inFlight: 49) == 100)
        #expect(window(&limit, 100, inFlight: 49) == 100)
        #expect(window(&limit, 10, inFlight: 50) == 110)
    }

    @Test("falls by the share of dropped calls, used or not")
    mutating func drops() throws {
        var limit = try limit()
        _ = window(&limit, 10)
        #expect(window(&limit, 10, .dropped) == 98, "110 * 0.8 + √110")
        #expect(window(&limit, 10, inFlight: 1, .dropped) == 78)
    }

    @Test("learns nothing from ignored calls")
    mutating func ignored() throws {
        var limit = try limit()
        for _ in 0..<10 { _ = window(&limit, 1, .ignored, others: .ignored) }
        #expect(limit.limit == 100)
        #expect(limit.normalLatency == nil)
    }

    @Test("doesn't move before the window is over and has calls enough")
    mutating func windows() throws {
        var limit = try limit()
        for _ in 0..<1_000 {
            #expect(limit.record(latency: .milliseconds(10), inFlight: 100, .answered, now: now) == nil)
        }
        now = now.advanced(by: .milliseconds(100))
        #expect(limit.record(latency: .milliseconds(10), inFlight: 100, .answered, now: now) == 110)
        now = now.advanced(by: .seconds(10))
        for _ in 0..<9 {
            #expect(limit.record(latency: .milliseconds(10), inFlight: 110, .answered, now: now) == nil)
        }
        #expect(limit.record(latency: .milliseconds(10), inFlight: 110, .answered, now: now) == 120)
    }

    @Test("takes the latency for normal after five windows at the floor")
    mutating func floorRule() throws {
        var limit = try limit { $0.minimumLimit = 30 }
        _ = window(&limit, 10)
        for _ in 0..<20 where limit.limit > 36 { _ = window(&limit, 100) }
        for _ in 0..<6 { _ = window(&limit, 100) }
        #expect(limit.normalLatency == .milliseconds(100))
        let before = limit.limit
        #expect(window(&limit, 100) > before)
    }

    /// Windows of this latency until the limit is that of a probe.
    private mutating func probe(_ limit: inout GradientLimit, _ latency: Int) -> (
        before: Int, during: Int, windows: Int
    ) {
        for windows in 1...200 {
            let before = limit.limit
            let after = window(&limit, latency)
            if after * 3 < before { return (before, after, windows) }
        }
        return (limit.limit, limit.limit, 200)
    }

    @Test("probes with a quarter after ten windows that latency has held back, and returns")
    mutating func probes() throws {
        var limit = try limit { $0.smoothing = 0.01 }
        _ = window(&limit, 10)
        let (before, during, windows) = probe(&limit, 17)
        #expect(windows == 10)
        #expect(during == before / 4)
        #expect(limit.record(latency: .seconds(9), inFlight: during + 1, .answered, now: now) == nil)
        #expect(window(&limit, 11) == before, "calls from before the probe say nothing")
        #expect(limit.normalLatency == .microseconds(10_500), "half the way")
        #expect(probe(&limit, 18).windows == 20, "nothing new: twice as far away")
    }

    @Test("takes a latency for normal that a probe doesn't lower")
    mutating func probesSlowPeer() throws {
        var limit = try limit { $0.smoothing = 0.01 }
        _ = window(&limit, 10)
        let (before, _, _) = probe(&limit, 17)
        #expect(window(&limit, 17) == before)
        #expect(limit.normalLatency == .milliseconds(17))
        for _ in 0..<30 { _ = window(&limit, 17) }
        #expect(limit.limit > before)
    }

    @Test("learns nothing from a probe with drops, and ends one in which too few calls end")
    mutating func probesInVain() throws {
        var limit = try limit { $0.smoothing = 0.01 }
        _ = window(&limit, 10)
        let (before, during, _) = probe(&limit, 17)
        let normal = limit.normalLatency
        #expect(window(&limit, 17, .dropped) == before)
        #expect(limit.normalLatency == normal)
        let (again, _, _) = probe(&limit, 17)
        now = now.advanced(by: .milliseconds(100))
        #expect(limit.record(latency: .milliseconds(17), inFlight: during, .ignored, now: now) == nil)
        now = now.advanced(by: .seconds(1))
        #expect(limit.record(latency: .milliseconds(17), inFlight: during, .ignored, now: now) == again)
        #expect(limit.normalLatency == normal)
    }

    @Test("survives times that go back and latencies that make no sense")
    mutating func nonsense() throws {
        var limit = try limit()
        for latency in [0, -5, .max / 1_000_000_000_000] {
            _ = window(&limit, latency)
            now = now.advanced(by: .seconds(-60))
        }
        #expect((4...1_000).contains(limit.limit))
    }

    @Test("keeps its bounds for any calls")
    func bounds() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        for _ in 0..<20 {
            var limit = try limit {
                $0.minimumLimit = Int.random(in: 1...20, using: &random)
                $0.initialLimit = Int.random(in: 20...60, using: &random)
                $0.maximumLimit = Int.random(in: 60...200, using: &random)
                $0.smoothing = Double.random(in: 0.01...1, using: &random)
                $0.minimumSamples = Int.random(in: 1...20, using: &random)
            }
            let floor = limit.limit
            var now = Instant(nanoseconds: 0)
            for _ in 0..<5_000 {
                now.nanoseconds += Int64.random(in: -1_000_000...50_000_000, using: &random)
                let changed = limit.record(
                    latency: .microseconds(Int.random(in: 0...1_000_000, using: &random)),
                    inFlight: Int.random(in: 0...300, using: &random),
                    [.answered, .answered, .dropped, .ignored].randomElement(using: &random) ?? .answered, now: now)
                try #require((1...200).contains(limit.limit), "seed \(seed), from \(floor)")
                if let changed { try #require(changed == limit.limit, "seed \(seed)") }
            }
        }
    }

    @Test("is refused with a configuration that makes no sense, naming every key")
    func validates() {
        #expect(AdaptiveConcurrencyConfiguration().validate().isEmpty)
        var configuration = AdaptiveConcurrencyConfiguration()
        configuration.minimumLimit = 0
        configuration.maximumLimit = -1
        configuration.initialLimit = 50
        configuration.tolerance = 1
        configuration.smoothing = .nan
        configuration.window = .zero
        configuration.minimumSamples = 0
        configuration.baselineWindows = 1
        configuration.maximumWaiting = -1
        #expect(
            configuration.validate().map(\.key) == [
                "minimumLimit", "maximumLimit", "initialLimit", "tolerance", "smoothing", "window", "minimumSamples",
                "baselineWindows", "maximumWaiting",
            ])
        #expect(throws: InvalidConfiguration.self) { try GradientLimit(configuration) }
        #expect(throws: InvalidConfiguration.self) { try AdaptiveConcurrency(configuration) }
    }
}
