// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A key's calls go to one candidate, found in a table that gives every candidate the same number of entries.
///
/// The shares are even to one entry, and a pick is one look into the table. When a candidate comes or goes its keys
/// move, and a few of the others': with 100 candidates and the usual table about one in a hundred, with more candidates
/// for the same table more. One that is unusable stays in the table: its keys go to substitutes, no other key moves,
/// and it has them back afterwards.
///
/// Which candidate is the substitute, if that of the key may not be used, was tried already or is loaded up to its
/// bound: the hash is hashed again, so that the keys of the one spread over all others and each has one substitute, the
/// same in every process. A call without a hash goes to a random candidate. Weights count as they are, without slow
/// start.
///
/// **Bounded load**: with a ``balanceFactor`` of 1.25 no candidate gets more than 125 % of its fair share of the calls
/// in flight at the moment, rounded up; what is too much goes to the substitutes. It keeps one hot key from overrunning
/// its instance, and costs stickiness when there are few calls: the share of two calls among ten is one.
///
/// Source: Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4;
/// weights as in Envoy.
public struct Maglev: BalancingPolicy {
    /// What picks need: the entries, and the bound of the loads.
    public final class Table: Sendable {
        let entries: MaglevTable
        let bound: LoadBound?

        init(entries: MaglevTable, bound: LoadBound?) {
            self.entries = entries
            self.bound = bound
        }
    }

    /// The usual number of entries.
    public static let usualTableSize = 65_537
    /// The greatest number of entries, a prime as well.
    public static let largestTableSize = 5_000_011

    /// How many entries the table has.
    public let tableSize: Int
    /// How many calls a candidate may have at once, as a multiple of its fair share; nil if it doesn't matter.
    public let balanceFactor: Double?

    /// - Parameters:
    ///   - tableSize: how many entries the table has, a prime. Default 65,537, 2 to 5,000,011. The more there are for
    ///     each candidate, the fewer keys move; fewer than candidates leave some without keys.
    ///   - balanceFactor: how many calls a candidate may have at once, as a multiple of its fair share. Default nil:
    ///     any number. 1 to 100.
    /// - Throws: ``InvalidConfiguration`` with every problem.
    public init(
        tableSize: Int = Self.usualTableSize, balanceFactor: Double? = nil
    ) throws(InvalidConfiguration) {
        var problems: [ConfigurationProblem] = []
        problems.requireInteger("tableSize", tableSize, in: 2...Self.largestTableSize)
        problems.require(
            !(2...Self.largestTableSize).contains(tableSize) || Self.isPrime(tableSize), "tableSize",
            "must be a prime, is \(tableSize)")
        if let balanceFactor { problems.requireNumber("balanceFactor", balanceFactor, in: 1...100) }
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.tableSize = tableSize
        self.balanceFactor = balanceFactor
    }

    public var isConsistent: Bool { true }

    public func table(for candidates: [Candidate], weights: [Double], reusing previous: Table?) -> Table {
        Table(
            entries: previous?.entries ?? MaglevTable(candidates, weights, size: tableSize),
            bound: balanceFactor.map { LoadBound(factor: $0, candidates: candidates, weights: weights) })
    }

    public func pick(
        from candidates: [Candidate], table: Table, for call: BalancedCall, using random: inout FastRandom
    ) -> Int? {
        table.entries.pick(from: candidates, within: table.bound, for: call, using: &random)
    }

    private static func isPrime(_ number: Int) -> Bool {
        var divisor = 2
        while divisor * divisor <= number {
            if number % divisor == 0 { return false }
            divisor += 1
        }
        return number > 1
    }
}
