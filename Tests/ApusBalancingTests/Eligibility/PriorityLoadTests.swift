// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import Testing

@Suite("The load of priorities")
struct PriorityLoadTests {
    /// Tiers of 100 with so many percent usable.
    private func percent(
        _ usable: [Int], threshold: Double = 0.5
    ) -> (shares: [Int], panics: [Bool]) {
        let loads = PriorityLoad.distribute(
            over: usable.map { .init(usable: $0, total: 100) }, panicThreshold: threshold, overprovisioning: 1.4)
        return (loads.map { Int(($0.share * 100).rounded()) }, loads.map(\.isPanic))
    }

    @Test(
        "falls over to the next tier by Envoy's table, while that is whole",
        arguments: [(100, 100, 0), (72, 100, 0), (71, 99, 1), (50, 70, 30), (25, 35, 65), (0, 0, 100)])
    func overflow(_ usable: Int, _ first: Int, _ second: Int) {
        let (shares, panics) = percent([usable, 100])
        #expect(shares == [first, second])
        #expect(panics == [false, false], "the tiers carry everything together")
    }

    @Test("shares out what is left, and panics where it is too little, by Envoy's table")
    func panics() {
        #expect(percent([72, 72]) == ([100, 0], [false, false]))
        #expect(percent([71, 71]) == ([99, 1], [false, false]))
        #expect(percent([50, 60]) == ([70, 30], [false, false]))
        #expect(percent([25, 25]) == ([50, 50], [true, true]))
        #expect(percent([5, 65]) == ([7, 93], [true, false]))
    }

    @Test("sends everything to the first tier in a panic when nothing is usable, and nothing without a panic")
    func nothingUsable() {
        #expect(percent([0, 0]) == ([100, 0], [true, true]))
        #expect(percent([0, 0], threshold: 0) == ([0, 0], [false, false]))
        #expect(percent([]) == ([], []))
    }

    @Test("never panics with a threshold of zero")
    func never() {
        #expect(percent([1, 1], threshold: 0) == ([50, 50], [false, false]))
    }

    @Test("passes over a tier without candidates")
    func empty() {
        let loads = PriorityLoad.distribute(
            over: [.init(usable: 0, total: 0), .init(usable: 3, total: 4)], panicThreshold: 0.5, overprovisioning: 1.4)
        #expect(loads.map(\.share) == [0, 1])
        #expect(loads.map(\.isPanic) == [false, false])
    }
}
