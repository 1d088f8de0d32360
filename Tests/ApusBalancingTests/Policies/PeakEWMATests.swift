// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("Peak EWMA")
struct PeakEWMATests {
    /// Calls with latencies that the test says, in order of time.
    private struct Simulation {
        var picks: PolicyUnderTest<PeakEWMA>
        var now = Instant(nanoseconds: 1_000_000_000)
        var counts: [Int]
        private var pending: [(end: Instant, start: Instant, index: Int, lease: Held)] = []

        final class Held {
            let lease: CandidateLease
            init(_ lease: consuming CandidateLease) { self.lease = lease }
        }

        init(_ policy: PeakEWMA, count: Int, seed: UInt64 = 3) {
            picks = PolicyUnderTest(policy, count: count, seed: seed)
            counts = [Int](repeating: 0, count: count)
        }

        /// Makes `calls` calls, one each `pause`, that take as long as `latency` says.
        mutating func run(_ calls: Int, every pause: Duration, latency: (Int) -> Duration) {
            for _ in 0..<calls {
                now = now.advanced(by: pause)
                for call in pending.filter({ $0.end <= now }).sorted(by: { $0.end < $1.end }) {
                    picks.policy.observe(
                        call.start.duration(to: call.end), of: picks.candidates[call.index], now: call.end)
                }
                pending.removeAll { $0.end <= now }
                guard let index = picks.pick(BalancedCall(now: now)) else { continue }
                counts[index] += 1
                let end = now.advanced(by: latency(index))
                pending.append((end, now, index, Held(picks.candidates[index].lease())))
            }
        }
    }

    @Test("answers nil for an empty vector, takes the only one, and none if all are down")
    func fewHosts() throws {
        var empty = PolicyUnderTest(try PeakEWMA(), count: 0)
        #expect(empty.pick() == nil)
        var single = PolicyUnderTest(try PeakEWMA(), count: 1)
        #expect(single.counts(3, BalancedCall(now: Instant(nanoseconds: 5))) == [3])
        var down = PolicyUnderTest(try PeakEWMA(), count: 5)
        for candidate in down.candidates { candidate.mark(.unhealthy, true) }
        #expect(down.pick() == nil)
    }

    @Test("balances evenly what is equally fast")
    func even() throws {
        var simulation = Simulation(try PeakEWMA(), count: 10)
        simulation.run(100_000, every: .milliseconds(1)) { _ in .milliseconds(10) }
        #expect(largestError(simulation.counts, [Int](repeating: 1, count: 10)) < 0.1, "\(simulation.counts)")
    }

    @Test("gives slower hosts less, in the order of their latencies")
    func proportional() throws {
        var simulation = Simulation(try PeakEWMA(), count: 5)
        simulation.run(50_000, every: .microseconds(500)) { .milliseconds(10 * ($0 + 1)) }
        for index in 1..<5 { #expect(simulation.counts[index] < simulation.counts[index - 1], "\(simulation.counts)") }
        #expect(simulation.counts[0] > 3 * simulation.counts[4], "\(simulation.counts)")
    }

    @Test("leaves a host alone once it is slow, and comes back when it has recovered")
    func recovers() throws {
        var simulation = Simulation(try PeakEWMA(decay: .seconds(1)), count: 3)
        simulation.run(3_000, every: .milliseconds(2)) { _ in .milliseconds(10) }
        simulation.counts = [0, 0, 0]
        simulation.run(3_000, every: .milliseconds(2)) { .milliseconds($0 == 1 ? 2_000 : 10) }
        #expect(simulation.counts[1] < 300, "\(simulation.counts)")
        simulation.run(5_000, every: .milliseconds(2)) { _ in .milliseconds(10) }
        simulation.counts = [0, 0, 0]
        simulation.run(6_000, every: .milliseconds(2)) { _ in .milliseconds(10) }
        #expect(simulation.counts[1] > 1_600, "\(simulation.counts)")
    }

    @Test("probes a host without history at most once")
    func probesOnce() throws {
        var simulation = Simulation(try PeakEWMA(), count: 3)
        for index in [0, 1] {
            simulation.picks.policy.observe(
                .milliseconds(5), of: simulation.picks.candidates[index], now: simulation.now)
        }
        // It never answers.
        simulation.run(2_000, every: .milliseconds(1)) { $0 == 2 ? .seconds(1_000) : .milliseconds(5) }
        #expect(simulation.counts[2] == 1, "\(simulation.counts)")
    }

    @Test("probes again, but not at once, if the probe told nothing")
    func cancelledProbe() throws {
        let start = Instant(nanoseconds: 1_000_000_000)
        var picks = PolicyUnderTest(try PeakEWMA(probePause: .seconds(1)), count: 2)
        picks.policy.observe(.milliseconds(5), of: picks.candidates[0], now: start)
        #expect(picks.counts(100, BalancedCall(now: start)) == [99, 1])
        #expect(picks.counts(100, BalancedCall(now: start.advanced(by: .milliseconds(999)))) == [100, 0])
        #expect(picks.counts(100, BalancedCall(now: start.advanced(by: .seconds(1)))) == [99, 1])
    }

    @Test("sends no herd to a host that all threads find unknown at once", .timeLimit(.minutes(1)))
    func noHerd() async throws {
        let policy = try PeakEWMA()
        let candidates = (0..<4).map { Candidate(id: "\($0)") }
        let now = Instant(nanoseconds: 1_000_000_000)
        for candidate in candidates.dropLast() { policy.observe(.milliseconds(5), of: candidate, now: now) }
        let table = policy.table(for: candidates)
        let probes = await withTaskGroup(of: Int.self) { group in
            for seed in 0..<8 {
                group.addTask {
                    var random = FastRandom(seed: UInt64(seed))
                    return (0..<5_000).count { _ in
                        policy.pick(from: candidates, table: table, for: BalancedCall(now: now), using: &random) == 3
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(probes == 1)
    }

    @Test("treats a host that was idle for long as unknown, not as the fastest")
    func forgets() throws {
        let start = Instant(nanoseconds: 1_000_000_000)
        var picks = PolicyUnderTest(try PeakEWMA(decay: .seconds(1)), count: 2)
        picks.policy.observe(.milliseconds(5), of: picks.candidates[1], now: start)
        let later = start.advanced(by: .seconds(10))
        picks.policy.observe(.milliseconds(5), of: picks.candidates[0], now: later)
        #expect(picks.counts(100, BalancedCall(now: later)) == [99, 1])
    }

    @Test("skips downed hosts and revives them")
    func skipsDowned() throws {
        var simulation = Simulation(try PeakEWMA(), count: 3)
        simulation.run(300, every: .milliseconds(1)) { _ in .milliseconds(5) }
        for index in [0, 1] { simulation.picks.candidates[index].mark(.ejected, true) }
        simulation.counts = [0, 0, 0]
        simulation.run(300, every: .milliseconds(1)) { _ in .milliseconds(5) }
        #expect(simulation.counts == [0, 0, 300])
        simulation.picks.candidates[0].mark(.ejected, false)
        simulation.run(300, every: .milliseconds(1)) { _ in .milliseconds(5) }
        #expect(simulation.counts[0] > 100, "\(simulation.counts)")
    }

    @Test("refuses times out of range, naming every key")
    func validates() {
        #expect(throws: InvalidConfiguration.self) { try PeakEWMA(decay: .zero) }
        do throws(InvalidConfiguration) {
            _ = try PeakEWMA(decay: .seconds(3601), probePause: .seconds(-1))
            Issue.record("accepted")
        } catch {
            #expect(error.problems.map(\.key) == ["decay", "probePause"])
        }
    }
}

@Suite("A latency estimate")
struct LatencyEstimateTests {
    private let start = Instant(nanoseconds: 0)
    private let decay = Duration.seconds(10)

    private func milliseconds(_ estimate: LatencyEstimate, after seconds: Int) -> Double {
        estimate.cost(at: start.advanced(by: .seconds(seconds)), decay: decay) / 1e6
    }

    @Test("is unknown at first")
    func unknown() {
        let estimate = LatencyEstimate()
        #expect(!estimate.isKnown)
        #expect(estimate.cost(at: start, decay: decay) == 0)
    }

    @Test("jumps to a peak at once, and comes down by the time since")
    func peaks() {
        var estimate = LatencyEstimate()
        estimate.observe(.milliseconds(10), now: start, decay: decay)
        #expect(milliseconds(estimate, after: 0) == 10)
        estimate.observe(.milliseconds(100), now: start.advanced(by: .seconds(1)), decay: decay)
        #expect(milliseconds(estimate, after: 1) == 100)
        estimate.observe(.milliseconds(10), now: start.advanced(by: .seconds(11)), decay: decay)
        // After one decay time, 1/e of the old and the rest of the new.
        #expect(abs(milliseconds(estimate, after: 11) - (100 * 0.367879 + 10 * 0.632121)) < 0.001)
    }

    @Test("decays while nothing is observed, and never below zero or above itself when the clock goes back")
    func decays() {
        var estimate = LatencyEstimate()
        estimate.observe(.milliseconds(100), now: start.advanced(by: .seconds(100)), decay: decay)
        #expect(abs(milliseconds(estimate, after: 110) - 36.7879) < 0.001)
        #expect(milliseconds(estimate, after: 50) == 100)
        #expect(milliseconds(estimate, after: 1_000_000) == 0)
        estimate.observe(.milliseconds(1), now: start, decay: decay)
        #expect(milliseconds(estimate, after: 100) == 100)
    }

    @Test("survives the ends of time")
    func extremes() {
        var estimate = LatencyEstimate()
        estimate.observe(.zero, now: Instant(nanoseconds: .min), decay: decay)
        #expect(estimate.isKnown)
        #expect(estimate.cost(at: .distantFuture, decay: decay) == 0)
        estimate.observe(.seconds(-1), now: .distantFuture, decay: decay)
        #expect(estimate.cost(at: Instant(nanoseconds: .min), decay: decay) == 1)
    }
}
