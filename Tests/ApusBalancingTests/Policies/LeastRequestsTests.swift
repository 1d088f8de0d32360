// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("Least requests")
struct LeastRequestsTests {
    /// Keeps calls in flight to a candidate.
    private final class Load {
        private var leases: [Held] = []

        private final class Held {
            let lease: CandidateLease
            init(_ lease: consuming CandidateLease) { self.lease = lease }
        }

        func add(_ count: Int, to candidate: Candidate) {
            for _ in 0..<count { leases.append(Held(candidate.lease())) }
        }
    }

    @Test("answers nil without hosts, and takes the only one")
    func noHosts() throws {
        var empty = PolicyUnderTest(try LeastRequests(), count: 0)
        #expect(empty.pick() == nil)
        var single = PolicyUnderTest(try LeastRequests(), count: 1)
        #expect(single.counts(10) == [10])
        #expect(single.pick(BalancedCall(excluding: single.candidates)) == nil)
    }

    @Test("takes the less loaded of two")
    func lessLoaded() throws {
        var picks = PolicyUnderTest(try LeastRequests(), count: 2)
        let load = Load()
        load.add(1, to: picks.candidates[0])
        #expect(picks.counts(100) == [0, 100])
        load.add(2, to: picks.candidates[1])
        #expect(picks.counts(100) == [100, 0])
    }

    @Test("draws two different ones: the most loaded of all is never picked", arguments: 2...10)
    func distinct(_ choices: Int) throws {
        var picks = PolicyUnderTest(try LeastRequests(choices: choices), count: 12)
        let load = Load()
        load.add(1, to: picks.candidates[5])
        let counts = picks.counts(20_000)
        #expect(counts[5] == 0)
        #expect(counts.filter { $0 > 0 }.count == 11)
    }

    @Test("finds the least loaded more often the more it compares")
    func fiveChoices() throws {
        for (choices, expected) in [(2, 0.4), (3, 0.6), (5, 1.0), (10, 1.0)] {
            var picks = PolicyUnderTest(try LeastRequests(choices: choices), count: 5)
            let load = Load()
            for (index, candidate) in picks.candidates.enumerated() { load.add(index + 1, to: candidate) }
            let share = Double(picks.counts(50_000)[0]) / 50_000
            #expect(abs(share - expected) < 0.02, "\(choices) choices: \(share)")
        }
    }

    @Test("splits idle hosts as their weights say", arguments: [[2, 1], [1, 1], [4, 1], [1, 2, 3, 4]], [2, 3, 10])
    func weightImbalance(_ weights: [Int], _ choices: Int) throws {
        var picks = PolicyUnderTest(try LeastRequests(choices: choices), weights: weights)
        let counts = picks.counts(200_000)
        #expect(largestError(counts, weights) < 0.02, "\(counts)")
    }

    @Test("fills hosts up as their weights say", arguments: [[2, 1], [1, 1], [4, 1], [1, 2, 3, 4]])
    func weightImbalanceUnderLoad(_ weights: [Int]) throws {
        var picks = PolicyUnderTest(try LeastRequests(), weights: weights)
        let load = Load()
        for _ in 0..<5_000 {
            if let index = picks.pick() { load.add(1, to: picks.candidates[index]) }
        }
        let counts = picks.candidates.map(\.inFlight)
        #expect(largestError(counts, weights) < 0.02, "\(counts)")
    }

    @Test(
        "is uniform among equals, to half a percent of a million and by chi-square",
        arguments: zip([2, 3, 10], [2, 10, 2]))
    func ties(_ count: Int, _ choices: Int) throws {
        var picks = PolicyUnderTest(try LeastRequests(choices: choices), count: count)
        let counts = picks.counts(1_000_000)
        let expected = [Double](repeating: 1e6 / Double(count), count: count)
        #expect(chiSquare(counts, expected) < chiSquareLimit(count - 1), "\(counts)")
        // Chance alone is off by more when a host has a tenth only.
        #expect(largestError(counts, [Int](repeating: 1, count: count)) < (count > 3 ? 0.015 : 0.005), "\(counts)")
    }

    @Test("is uniform among the least loaded when all are compared")
    func fullScanTies() throws {
        var picks = PolicyUnderTest(try LeastRequests(choices: 10), count: 6)
        let load = Load()
        for index in [0, 3] { load.add(1, to: picks.candidates[index]) }
        let counts = picks.counts(100_000)
        #expect(counts[0] == 0 && counts[3] == 0)
        #expect(chiSquare([1, 2, 4, 5].map { counts[$0] }, [25_000, 25_000, 25_000, 25_000]) < chiSquareLimit(3))
    }

    @Test("keeps the longest queue near the mean, where one draw doesn't")
    func queues() throws {
        func longest(_ policy: some BalancingPolicy) -> Int {
            var picks = PolicyUnderTest(policy, count: 1_000, seed: 9)
            let load = Load()
            for _ in 0..<10_000 {
                if let index = picks.pick() { load.add(1, to: picks.candidates[index]) }
            }
            return picks.candidates.map(\.inFlight).max() ?? 0
        }
        #expect(longest(try LeastRequests()) <= 14)
        #expect(longest(RandomChoice()) >= 18)
    }

    @Test("passes over hosts that are unusable or were tried")
    func skips() throws {
        for choices in [2, 4] {
            var picks = PolicyUnderTest(try LeastRequests(choices: choices), count: 8)
            let load = Load()
            load.add(10, to: picks.candidates[0])
            for index in 1..<7 { picks.candidates[index].mark(.ejected, true) }
            let counts = picks.counts(200, BalancedCall(excluding: [picks.candidates[7]]))
            #expect(counts == [200, 0, 0, 0, 0, 0, 0, 0])
        }
    }

    @Test("refuses to compare fewer than two or more than ten", arguments: [0, 1, 11])
    func validates(_ choices: Int) {
        #expect(throws: InvalidConfiguration.self) { try LeastRequests(choices: choices) }
    }
}
