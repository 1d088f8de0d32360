// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The gradient limit beside its reference model")
struct GradientLimitModelTests {
    @Test("agrees with it under calls, drops and cancellations of any kind, and clock jumps", arguments: 0..<16)
    func agrees(_ round: Int) throws {
        _ = try run(seed: UInt64.random(in: 0 ... .max))
    }

    @Test("agrees with it for seeds that are always the same, through probes and stays at the floor")
    func agreesForKnownSeeds() throws {
        var (probes, floors) = (0, 0)
        for seed in 1...12 {
            let seen = try run(seed: UInt64(seed))
            probes += seen.probes
            floors += seen.floors
        }
        #expect(probes > 20 && floors > 20, "the runs are too calm: \(probes) probes, \(floors) calls at the floor")
    }

    private func run(seed: UInt64) throws -> (probes: Int, floors: Int) {
        var random = FastRandom(seed: seed)
        var configuration = AdaptiveConcurrencyConfiguration()
        configuration.minimumLimit = Int.random(in: 1...6, using: &random)
        configuration.initialLimit = Int.random(in: 6...80, using: &random)
        configuration.maximumLimit = Int.random(in: 80...300, using: &random)
        configuration.smoothing = Double.random(in: 0.1...1, using: &random)
        configuration.tolerance = Double.random(in: 1.05...3, using: &random)
        configuration.minimumSamples = Int.random(in: 1...12, using: &random)
        configuration.baselineWindows = Int.random(in: 10...100, using: &random)
        configuration.window = .milliseconds(Int.random(in: 1...100, using: &random))
        var limit = try GradientLimit(configuration)
        var model = ReferenceGradient(configuration)
        var now = Instant(nanoseconds: 1_000_000_000_000)
        var weather = Weather(&random)
        var floors = 0
        for step in 0..<4_000 {
            let note: Comment = "seed \(seed), step \(step)"
            now.nanoseconds += Self.step(&random)
            if random.next() % 400 == 0 { weather = Weather(&random) }
            let inFlight = Int(Double(limit.limit) * weather.use) + Int.random(in: 0...2, using: &random)
            // Calls from before a probe go on ending in it.
            let begun = random.next() % 8 == 0 ? inFlight * 4 : inFlight
            let latency = Int64(Double(weather.latency) * Double.random(in: 0.8...1.25, using: &random))
            let outcome = weather.outcome(&random)
            let before = limit.limit
            let changed = limit.record(latency: .nanoseconds(latency), inFlight: begun, outcome, now: now)
            model.record(latency, begun, outcome, now.nanoseconds)
            let expected = model.situation
            try #require(limit.limit == Int(expected.limit), note)
            try #require(changed == (limit.limit == before ? nil : limit.limit), note)
            let (normal, reference) = (limit.normalLatency?.nanoseconds ?? 0, Int64(expected.normal ?? 0))
            try #require(abs(normal - reference) <= 1, note)
            if limit.limit == configuration.minimumLimit { floors += 1 }
        }
        return (model.situation.probes, floors)
    }

    private static func step(_ random: inout FastRandom) -> Int64 {
        switch random.next() % 200 {
        case 0: Int64.random(in: 0...100_000_000_000, using: &random)
        case 1...60: 0
        default: Int64.random(in: 0...15_000_000, using: &random)
        }
    }
}

/// How it goes for a while.
private struct Weather {
    let latency: Int64
    /// Which share of the limit is used.
    let use: Double
    let drops: Double
    let cancellations: Double

    init(_ random: inout FastRandom) {
        latency = Int64(10_000_000 * ([0, 1, 1, 2, 3, 30].randomElement(using: &random) ?? 1))
        use = [0.1, 0.5, 1, 1, 1].randomElement(using: &random) ?? 1
        drops = [0, 0, 0, 0.02, 0.6].randomElement(using: &random) ?? 0
        cancellations = [0, 0.1, 0.9].randomElement(using: &random) ?? 0
    }

    func outcome(_ random: inout FastRandom) -> ConcurrencyOutcome {
        if Double.random(in: 0..<1, using: &random) < cancellations { return .ignored }
        return Double.random(in: 0..<1, using: &random) < drops ? .dropped : .answered
    }
}
