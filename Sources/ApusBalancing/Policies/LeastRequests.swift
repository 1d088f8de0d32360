// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Of a few candidates drawn by chance, the one with the fewest calls in flight for its weight.
///
/// Two draws keep the longest queue exponentially shorter than one does, and unlike a search for the least of all they
/// don't send every client to the same idle candidate at once. The first is drawn as its weight says, the others from
/// the rest, each as likely, and no candidate is drawn twice. One of the others is taken only if its load is really
/// lower: what is equally loaded is picked by chance alone, so that idle candidates of weight 2 and 1 get two calls to
/// one.
///
/// The load of a candidate is its calls in flight divided by its weight. Calls are counted by their leases: who picks
/// without taking one has a random choice.
///
/// Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 1996.
public struct LeastRequests: BalancingPolicy {
    /// How many candidates may be compared.
    public static let choiceRange = 2...10

    /// How many candidates are compared.
    public let choices: Int

    /// - Parameter choices: how many candidates are compared. Default 2, 2 to 10. If there are no more than that, all
    ///   are.
    /// - Throws: ``InvalidConfiguration`` for another number.
    public init(choices: Int = 2) throws(InvalidConfiguration) {
        var problems: [ConfigurationProblem] = []
        problems.require(
            Self.choiceRange.contains(choices), "choices", "must be from 2 to 10, is \(choices)")
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.choices = choices
    }

    public func table(
        for candidates: [Candidate], weights: [Double], reusing previous: WeightedTable?
    ) -> WeightedTable {
        previous ?? WeightedTable(weights)
    }

    public func pick(
        from candidates: [Candidate], table: WeightedTable, for call: BalancedCall, using random: inout FastRandom
    ) -> Int? {
        guard let first = table.draw(from: candidates, for: call, using: &random) else { return nil }
        if candidates.count <= choices { return least(of: candidates, first, table, call, &random) }
        if choices > 2 { return best(of: candidates, first, table, call, &random) }
        let second = random.index(below: candidates.count, except: first)
        return call.allows(candidates, at: second) && isLess(second, first, candidates, table) ? second : first
    }

    /// The least loaded of as many as there are choices, `first` among them.
    private func best(
        of candidates: [Candidate], _ first: Int, _ table: WeightedTable, _ call: BalancedCall,
        _ random: inout FastRandom
    ) -> Int {
        var best = first
        var drawn = InlineArray<10, Int>(repeating: first)
        for round in 1..<choices {
            var next = random.index(below: candidates.count, except: first)
            while (1..<round).contains(where: { drawn[$0] == next }) {
                next = random.index(below: candidates.count, except: first)
            }
            drawn[round] = next
            if call.allows(candidates, at: next), isLess(next, best, candidates, table) { best = next }
        }
        return best
    }

    /// The least loaded of all. `first` wins against its equals, of the others each is as likely.
    private func least(
        of candidates: [Candidate], _ first: Int, _ table: WeightedTable, _ call: BalancedCall,
        _ random: inout FastRandom
    ) -> Int {
        var best = first
        var equals = 1
        for index in candidates.indices where index != first && call.allows(candidates, at: index) {
            if isLess(index, best, candidates, table) {
                (best, equals) = (index, 1)
            } else if best != first, !isLess(best, index, candidates, table) {
                equals += 1
                if random.index(below: equals) == 0 { best = index }
            }
        }
        return best
    }

    @inline(__always)
    private func isLess(_ one: Int, _ other: Int, _ candidates: [Candidate], _ table: WeightedTable) -> Bool {
        let (here, there) = (candidates[one].inFlight, candidates[other].inFlight)
        if table.isUniform { return here < there }
        return Double(here) * table.weights[other] < Double(there) * table.weights[one]
    }
}
