// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A key's calls go to one candidate, found on a ring of hashes: for caches and sessions that live in an instance.
///
/// A candidate that comes takes its share of keys from the others and one that goes leaves its keys to them; no other
/// key moves. One that is unusable leaves its keys to substitutes (see below) and has them back afterwards. The shares
/// are as even as chance makes them: with the usual 128 points a candidate of weight 1 has its share give or take 9 %
/// (one standard deviation). ``Maglev`` shares more evenly but moves a few more keys.
///
/// Which candidate is the substitute, if that of the key may not be used, was tried already or is loaded up to its
/// bound: the hash is hashed again, so that the keys of the one spread over all others and each has one substitute, the
/// same in every process. A call without a hash goes to a random candidate. Weights count as they are, without slow
/// start.
///
/// The load is bounded if there is a ``balanceFactor``: see ``Maglev``.
///
/// Source: Karger et al., "Consistent Hashing and Random Trees", 1997; the density of the ring is our own.
public struct RingHash: BalancingPolicy {
    /// What picks need: the ring, and the bound of the loads.
    public final class Table: Sendable {
        let ring: HashRing
        let bound: LoadBound?

        init(ring: HashRing, bound: LoadBound?) {
            self.ring = ring
            self.bound = bound
        }
    }

    /// How many points a ring may have at most.
    public static let largestRing = 8_388_608

    /// How many points the ring has at least and at most.
    public let sizes: ClosedRange<Int>
    /// How many calls a candidate may have at once, as a multiple of its fair share; nil if it doesn't matter.
    public let balanceFactor: Double?

    /// - Parameters:
    ///   - minimumSize: how many points the ring has at least. Default 1,024, 1 to 8,388,608.
    ///   - maximumSize: how many it has at most, but one for each candidate. Default 1,048,576, at least twice
    ///     `minimumSize`, at most 8,388,608.
    ///   - balanceFactor: how many calls a candidate may have at once, as a multiple of its fair share. Default nil:
    ///     any number. 1 to 100.
    /// - Throws: ``InvalidConfiguration`` with every problem.
    public init(
        minimumSize: Int = 1_024, maximumSize: Int = 1_048_576, balanceFactor: Double? = nil
    ) throws(InvalidConfiguration) {
        var problems: [ConfigurationProblem] = []
        problems.requireInteger("minimumSize", minimumSize, in: 1...Self.largestRing / 2)
        problems.require(
            maximumSize / 2 >= max(1, minimumSize) && maximumSize <= Self.largestRing, "maximumSize",
            "must be from twice minimumSize (\(minimumSize)) to \(Self.largestRing), is \(maximumSize)")
        if let balanceFactor { problems.requireNumber("balanceFactor", balanceFactor, in: 1...100) }
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        sizes = minimumSize...maximumSize
        self.balanceFactor = balanceFactor
    }

    public var isConsistent: Bool { true }

    public func table(for candidates: [Candidate], weights: [Double], reusing previous: Table?) -> Table {
        Table(
            ring: previous?.ring ?? HashRing(candidates, weights, sizes: sizes),
            bound: balanceFactor.map { LoadBound(factor: $0, candidates: candidates, weights: weights) })
    }

    public func pick(
        from candidates: [Candidate], table: Table, for call: BalancedCall, using random: inout FastRandom
    ) -> Int? {
        table.ring.pick(from: candidates, within: table.bound, for: call, using: &random)
    }
}
