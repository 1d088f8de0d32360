// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("A load shedder beside its reference model")
struct LoadShedderModelTests {
    @Test(
        "agrees with it under any load, departures before the start, samples of the CPU and clock jumps",
        arguments: 0..<16)
    func agrees(_ round: Int) throws {
        _ = try run(seed: UInt64.random(in: 0 ... .max))
    }

    @Test("agrees with it for seeds that are always the same, which give every reason to shed")
    func agreesForKnownSeeds() throws {
        var seen: [LoadShedderRejection.Reason: UInt64] = [:]
        for seed in 1...12 {
            let statistics = try run(seed: UInt64(seed))
            for reason in LoadShedderRejection.Reason.allCases {
                seen[reason, default: 0] += statistics.shed(for: reason)
            }
        }
        #expect(seen.values.allSatisfy { $0 > 20 }, "the runs are too calm: \(seen)")
    }

    private func run(seed: UInt64) throws -> LoadShedderStatistics {
        var random = FastRandom(seed: seed)
        var configuration = LoadShedderConfiguration()
        configuration.targetDelay = .milliseconds(Int.random(in: 1...50, using: &random))
        configuration.window = .milliseconds(Int.random(in: 10...200, using: &random))
        configuration.minimumSamples = Int.random(in: 1...20, using: &random)
        configuration.cpuTarget = [0.95, 0.5, nil].randomElement(using: &random) ?? nil
        configuration.maximumInFlight = [40, 200, 10_000].randomElement(using: &random) ?? 40
        var state = try LoadShedderState(configuration, random: FastRandom(seed: seed))
        var model = ReferenceShedder(configuration, random: FastRandom(seed: seed))
        var now = Instant(nanoseconds: 1_000_000_000_000)
        var weather = SheddingWeather(&random)
        for step in 0..<3_000 {
            let note: Comment = "seed \(seed), step \(step)"
            if random.next() % 500 == 0 { weather = SheddingWeather(&random) }
            now.nanoseconds += weather.step(&random)
            let time = now.nanoseconds
            switch weather.event(&random) {
            case 0:
                let priority = CallPriority.allCases.randomElement(using: &random) ?? .normal
                let waited = weather.isQueued || random.next() % 2 == 0 ? nil : weather.delay(&random)
                let decision = state.admit(
                    priority, isQueued: weather.isQueued, waited: waited.map { .nanoseconds($0) }, now: now)
                let expected = model.admit(priority, isQueued: weather.isQueued, waited: waited, time)
                switch decision {
                case .admitted: try #require(expected == .admitted, note)
                case .rejected(let rejection):
                    try #require(expected == .shed(rejection.reason, rejection.retryAfter), note)
                }
            case 1:
                guard !model.waiting.isEmpty else { continue }
                let index = random.next() % 4 == 0 ? Int.random(in: 0..<model.waiting.count, using: &random) : 0
                state.start(admitted: Instant(nanoseconds: model.waiting[index]), now: now)
                model.start(index, time)
            case 2:
                guard model.running > 0 else { continue }
                state.finish(now: now)
                model.finish(time)
            case 3:
                guard let index = model.waiting.indices.randomElement(using: &random) else { continue }
                state.finish(isWaiting: true, now: now)
                model.leave(index, time)
            case 4:
                let delay = weather.delay(&random)
                state.observe(delay: .nanoseconds(delay), now: now)
                model.delay(delay, time)
            default:
                let use =
                    [.nan, weather.cpu, weather.cpu + Double.random(in: -0.1...0.1, using: &random)]
                    .randomElement(using: &random) ?? 0
                state.observe(cpu: use, now: now)
                model.cpu(use, time)
            }
            try agree(state.snapshot, model, time, note)
        }
        return state.snapshot
    }

    private func agree(
        _ snapshot: LoadShedderStatistics, _ model: ReferenceShedder, _ now: Int64, _ note: Comment
    ) throws {
        try #require(snapshot.inFlight == model.running + model.waiting.count, note)
        try #require(snapshot.waiting == model.waiting.count, note)
        try #require(snapshot.isOverloaded == model.knowledge.isOverloaded, note)
        try #require(snapshot.cpu == model.cpu(now), note)
        try #require(abs(snapshot.capacity - model.knowledge.capacity) <= 1e-6 * model.knowledge.capacity, note)
        try #require(abs(snapshot.queueingDelay.seconds - model.knowledge.meanDelay) < 1e-8, note)
    }
}

/// How it goes for a while.
private struct SheddingWeather {
    let isQueued: Bool
    let cpu: Double
    private let pace: Int64
    private let slowness: Int64
    private let weights: [Int]

    init(_ random: inout FastRandom) {
        isQueued = Bool.random(using: &random)
        cpu = [0, 0.6, 0.97, 1].randomElement(using: &random) ?? 0
        pace = [200_000, 1_000_000, 10_000_000].randomElement(using: &random) ?? 1
        slowness = [0, 5_000_000, 60_000_000, 900_000_000].randomElement(using: &random) ?? 0
        // Admissions, starts, ends, departures, delays, samples of the CPU.
        weights =
            [
                [5, 4, 4, 1, 1, 1], [9, 3, 3, 0, 1, 1], [4, 4, 6, 3, 0, 1], [1, 1, 1, 1, 1, 6], [6, 0, 2, 0, 0, 0],
            ].randomElement(using: &random) ?? []
    }

    func event(_ random: inout FastRandom) -> Int {
        var left = Int.random(in: 0..<weights.reduce(0, +), using: &random)
        for (event, weight) in weights.enumerated() {
            if left < weight { return event }
            left -= weight
        }
        return 0
    }

    func step(_ random: inout FastRandom) -> Int64 {
        switch random.next() % 400 {
        case 0: Int64.random(in: 0...20_000_000_000, using: &random)
        case 1...100: 0
        default: Int64.random(in: 0...2 * pace, using: &random)
        }
    }

    func delay(_ random: inout FastRandom) -> Int64 {
        random.next() % 30 == 0
            ? Int64.random(in: -9...9, using: &random) : Int64.random(in: 0...2 * slowness, using: &random)
    }
}
