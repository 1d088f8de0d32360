// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("A subset")
struct SubsetTests {
    private let now = Instant(nanoseconds: 0)

    private func hosts(_ names: [String]) -> [CandidateFacts] { names.map { CandidateFacts(hash: XXHash64.hash($0)) } }

    /// The indexes that a client uses.
    private func chosen(_ facts: [CandidateFacts], _ client: String, _ size: Int) -> [Int] {
        var configuration = EligibilityConfiguration()
        configuration.subset = SubsetConfiguration(size: size, client: client)
        return EligibilityPlan(facts, by: configuration, now: now).groups.first?.members ?? []
    }

    private let names = (0..<60).map { "instance-\($0)" }

    @Test("has its size, or all if there are no more")
    func size() {
        #expect(chosen(hosts(names), "client", 7).count == 7)
        #expect(chosen(hosts(Array(names.prefix(5))), "client", 7) == [0, 1, 2, 3, 4])
    }

    @Test("is the same each time for a client, and another for another")
    func perClient() {
        let facts = hosts(names)
        #expect(chosen(facts, "a", 10) == chosen(facts, "a", 10))
        #expect(chosen(facts, "a", 10) != chosen(facts, "b", 10))
    }

    @Test("changes by at most one when an instance comes, goes or changes its health", arguments: 0..<60)
    func stable(_ index: Int) {
        let before = Set(chosen(hosts(names), "client", 10).map { names[$0] })
        var fewer = names
        fewer.remove(at: index)
        let without = Set(chosen(hosts(fewer), "client", 10).map { fewer[$0] })
        #expect(before.subtracting(without) == before.intersection([names[index]]))
        var facts = hosts(names)
        facts[index].unusable = .unhealthy
        let unusable = Set(chosen(facts, "client", 10).map { names[$0] })
        #expect(unusable == without, "an unusable one is replaced by the next")
    }

    @Test("gives every instance about as many clients")
    func balanced() {
        let facts = hosts(names)
        var clients = [Int](repeating: 0, count: names.count)
        for client in 0..<600 {
            for index in chosen(facts, "client-\(client)", 10) { clients[index] += 1 }
        }
        // 100 each; the hypergeometric deviation is 9.1.
        #expect(clients.allSatisfy { $0 > 60 && $0 < 140 }, "\(clients)")
        let expected = [Double](repeating: 100, count: names.count)
        #expect(chiSquare(clients, expected) < chiSquareLimit(names.count - 1))
    }

    @Test("is taken of each zone")
    func zones() {
        var facts = hosts(names)
        for index in 0..<30 { facts[index].zone = "a" }
        var configuration = EligibilityConfiguration()
        configuration.locality = LocalityConfiguration(zone: "a")
        configuration.subset = SubsetConfiguration(size: 4, client: "client")
        let groups = EligibilityPlan(facts, by: configuration, now: now).groups
        #expect(groups.map(\.members.count) == [4, 4])
        #expect(groups[0].members.allSatisfy { $0 < 30 } && groups[1].members.allSatisfy { $0 >= 30 })
    }
}
