// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("Who takes part in picks")
struct EligibilityPlanTests {
    private let now = Instant(nanoseconds: 1_000_000_000_000)

    private func hosts(_ count: Int, zone: String? = nil, from first: Int = 0) -> [CandidateFacts] {
        (first..<(first + count)).map { CandidateFacts(hash: XXHash64.hash(UInt64($0)), zone: zone) }
    }

    private func plan(
        _ facts: [CandidateFacts], consistent: Bool = false,
        _ change: (inout EligibilityConfiguration) -> Void = { _ in }
    ) -> EligibilityPlan {
        var configuration = EligibilityConfiguration()
        change(&configuration)
        return EligibilityPlan(facts, by: configuration, isConsistent: consistent, now: now)
    }

    private func marked(_ facts: [CandidateFacts], _ reason: Candidate.Unusable, _ indexes: [Int]) -> [CandidateFacts] {
        var facts = facts
        for index in indexes { facts[index].unusable.insert(reason) }
        return facts
    }

    @Test("is nobody in an empty set, and everybody as long as all are usable")
    func simple() {
        #expect(plan([]).groups.isEmpty)
        #expect(!plan([]).isPanic)
        let groups = plan(hosts(3)).groups
        #expect(groups.map(\.members) == [[0, 1, 2]])
        #expect(groups.map(\.share) == [1])
        #expect(groups.map(\.weights) == [[1, 1, 1]])
    }

    @Test("is the usable as long as they are not below the threshold, then everybody")
    func panic() {
        let half = plan(marked(hosts(4), .unhealthy, [0, 3]))
        #expect(!half.isPanic)
        #expect(half.groups.map(\.members) == [[1, 2]])
        #expect(half.groups.map(\.ignoring) == [[]])
        let fewer = plan(marked(hosts(5), .ejected, [0, 1, 4]))
        #expect(fewer.isPanic)
        #expect(fewer.groups.map(\.members) == [[0, 1, 2, 3, 4]])
        #expect(fewer.groups.map(\.ignoring) == [[.unhealthy, .ejected, .breakerOpen]])
    }

    @Test("neither counts nor uses those that are draining, not even in a panic")
    func draining() {
        let rollout = plan(marked(hosts(10), .draining, [0, 1, 2, 3, 4, 5, 6]))
        #expect(!rollout.isPanic)
        #expect(rollout.groups.map(\.members) == [[7, 8, 9]])
        let panic = plan(marked(marked(hosts(4), .draining, [0]), .unhealthy, [1, 2, 3]))
        #expect(panic.isPanic)
        #expect(panic.groups.map(\.members) == [[1, 2, 3]])
        #expect(plan(marked(hosts(2), .draining, [0, 1])).groups.isEmpty)
    }

    @Test("is nobody when all are unhealthy and the threshold is zero")
    func never() {
        let none = plan(marked(hosts(3), .unhealthy, [0, 1, 2])) { $0.panicThreshold = 0 }
        #expect(!none.isPanic)
        #expect(none.groups.isEmpty)
    }

    @Test("is those that are only ejected when nobody is usable: an ejection never takes the last")
    func ejectedOnly() {
        let facts = marked(marked(hosts(3), .ejected, [0, 1]), .unhealthy, [1, 2])
        let plan = plan(facts) { $0.panicThreshold = 0 }
        #expect(plan.groups.map(\.members) == [[0]])
        #expect(plan.groups.map(\.ignoring) == [.ejected])
    }

    @Test(
        "is the own zone first, and the others with what it can't carry",
        arguments: [(0, 1.0), (2, 1.0), (3, 0.98), (5, 0.7), (9, 0.14)])
    func locality(_ unusable: Int, _ share: Double) {
        let facts = marked(hosts(10, zone: "a") + hosts(20, zone: "b", from: 10), .unhealthy, Array(0..<unusable))
        let groups = plan(facts) { $0.locality = LocalityConfiguration(zone: "a") }.groups
        #expect(groups.map(\.members) == [Array(unusable..<10), Array(10..<30)])
        #expect(abs(groups[0].share - share) < 1e-9 && abs(groups[1].share - (1 - share)) < 1e-9, "\(groups)")
    }

    @Test("is everybody alike in a panic, in a small set and when the own zone is out or the only one")
    func noLocality() {
        let prefer: (inout EligibilityConfiguration) -> Void = { $0.locality = LocalityConfiguration(zone: "a") }
        let panic = marked(hosts(10, zone: "a") + hosts(10, zone: "b", from: 10), .unhealthy, Array(5..<20))
        #expect(plan(panic, prefer).groups.map(\.members) == [Array(0..<20)])
        #expect(plan(hosts(2, zone: "a") + hosts(3, zone: "b", from: 2), prefer).groups.count == 1)
        let gone = marked(hosts(3, zone: "a") + hosts(7, zone: "b", from: 3), .unhealthy, [0, 1, 2])
        #expect(plan(gone, prefer).groups.map(\.members) == [Array(3..<10)])
        #expect(plan(hosts(10, zone: "a"), prefer).groups.map(\.members) == [Array(0..<10)])
        #expect(plan(hosts(10, zone: nil), prefer).groups.map(\.members) == [Array(0..<10)])
    }

    @Test("has weights that grow in the slow start, and is made anew until that is over")
    func slowStart() {
        var facts = hosts(4)
        for index in facts.indices { facts[index].weight = 10 }
        facts[1].startedAt = now.advanced(by: .seconds(-15))
        facts[2].startedAt = now
        facts[3].startedAt = now.advanced(by: .seconds(-30))
        let plan = plan(facts) { $0.slowStart = SlowStartConfiguration() }
        #expect(plan.groups.map(\.weights) == [[10, 5, 1, 10]])
        #expect(plan.refreshAt == now.advanced(by: .milliseconds(300)))
        let over = EligibilityPlan(
            Array(facts.dropFirst(3)), by: EligibilityConfiguration(slowStart: SlowStartConfiguration()), now: now)
        #expect(over.refreshAt == nil)
        #expect(over.groups.map(\.weights) == [[10]])
    }

    @Test("is all of them for a policy that hashes, whatever their health, zone and start")
    func consistent() {
        var facts = marked(hosts(10, zone: "a"), .unhealthy, [0, 1])
        facts[2].startedAt = now
        let all = plan(facts, consistent: true) { configuration in
            configuration.locality = LocalityConfiguration(zone: "b")
            configuration.slowStart = SlowStartConfiguration()
        }
        #expect(all.groups.map(\.members) == [Array(0..<10)])
        #expect(all.groups.map(\.ignoring) == [[]])
        #expect(all.groups.map(\.weights) == [[Double](repeating: 1, count: 10)])
        let panic = plan(marked(hosts(3), .unhealthy, [0, 1]), consistent: true)
        #expect(panic.groups.map(\.ignoring) == [[.unhealthy, .ejected, .breakerOpen]])
    }

    @Test("refuses what makes no sense, naming every key")
    func validates() {
        var configuration = EligibilityConfiguration()
        #expect(configuration.validate().isEmpty)
        configuration.panicThreshold = 1.5
        configuration.locality = LocalityConfiguration(zone: "")
        configuration.locality?.overprovisioning = 0.5
        configuration.subset = SubsetConfiguration(size: 0, client: "")
        configuration.slowStart = SlowStartConfiguration()
        configuration.slowStart?.aggression = 0
        configuration.slowStart?.minimumWeight = .nan
        #expect(
            configuration.validate().map(\.key) == [
                "panicThreshold", "locality.zone", "locality.overprovisioning", "subset.size", "subset.client",
                "slowStart.aggression", "slowStart.minimumWeight",
            ])
    }
}

extension EligibilityConfiguration {
    fileprivate init(slowStart: SlowStartConfiguration) {
        self.init()
        self.slowStart = slowStart
    }
}
