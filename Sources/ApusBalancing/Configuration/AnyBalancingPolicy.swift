// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A policy that is chosen at run time, from a configuration.
///
/// An enum and not an existential: a pick costs one branch more than that of the policy itself.
public enum AnyBalancingPolicy: BalancingPolicy {
    case roundRobin(RoundRobin)
    case weightedRoundRobin(WeightedRoundRobin)
    case randomChoice(RandomChoice)
    case leastRequests(LeastRequests)
    case peakEWMA(PeakEWMA)
    case ringHash(RingHash)
    case maglev(Maglev)

    /// The table of the policy.
    public enum Table: Sendable {
        /// Round robin has none.
        case none
        case weighted(WeightedTable)
        case ringHash(RingHash.Table)
        case maglev(Maglev.Table)
    }

    /// The policy that `configuration` names, with its parameters.
    ///
    /// - Parameters:
    ///   - configuration: its ``BalancingConfiguration/eligibility`` is the balancer's.
    ///   - random: draws where the policies begin that take turns. Default: seeded by the system.
    /// - Throws: ``InvalidConfiguration`` with every problem of the policy's parameters.
    public init(
        _ configuration: BalancingConfiguration, using random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        var random = random
        switch configuration.policy {
        case .roundRobin: self = .roundRobin(RoundRobin(using: &random))
        case .weightedRoundRobin: self = .weightedRoundRobin(WeightedRoundRobin(using: &random))
        case .random: self = .randomChoice(RandomChoice())
        case .leastRequests: self = .leastRequests(try LeastRequests(choices: configuration.choices))
        case .peakEWMA: self = .peakEWMA(try PeakEWMA(decay: configuration.decay))
        case .ringHash:
            self = .ringHash(
                try RingHash(
                    minimumSize: configuration.minimumRingSize, maximumSize: configuration.maximumRingSize,
                    balanceFactor: configuration.balanceFactor))
        case .maglev:
            self = .maglev(
                try Maglev(tableSize: configuration.tableSize, balanceFactor: configuration.balanceFactor))
        }
    }

    public var isConsistent: Bool {
        switch self {
        case .ringHash, .maglev: true
        default: false
        }
    }

    public var readsTime: Bool {
        if case .peakEWMA = self { true } else { false }
    }

    public func observe(_ latency: Duration, of candidate: Candidate, now: Instant) {
        if case .peakEWMA(let policy) = self { policy.observe(latency, of: candidate, now: now) }
    }

    public func table(for candidates: [Candidate], weights: [Double], reusing previous: Table?) -> Table {
        switch self {
        case .roundRobin: return .none
        case .weightedRoundRobin, .randomChoice, .leastRequests, .peakEWMA:
            if case .weighted? = previous, let previous { return previous }
            return .weighted(WeightedTable(weights))
        case .ringHash(let policy):
            var old: RingHash.Table?
            if case .ringHash(let table)? = previous { old = table }
            return .ringHash(policy.table(for: candidates, weights: weights, reusing: old))
        case .maglev(let policy):
            var old: Maglev.Table?
            if case .maglev(let table)? = previous { old = table }
            return .maglev(policy.table(for: candidates, weights: weights, reusing: old))
        }
    }

    public func pick(
        from candidates: [Candidate], table: Table, for call: BalancedCall, using random: inout FastRandom
    ) -> Int? {
        switch (self, table) {
        case (.roundRobin(let policy), _):
            policy.pick(from: candidates, table: (), for: call, using: &random)
        case (.weightedRoundRobin(let policy), .weighted(let table)):
            policy.pick(from: candidates, table: table, for: call, using: &random)
        case (.randomChoice(let policy), .weighted(let table)):
            policy.pick(from: candidates, table: table, for: call, using: &random)
        case (.leastRequests(let policy), .weighted(let table)):
            policy.pick(from: candidates, table: table, for: call, using: &random)
        case (.peakEWMA(let policy), .weighted(let table)):
            policy.pick(from: candidates, table: table, for: call, using: &random)
        case (.ringHash(let policy), .ringHash(let table)):
            policy.pick(from: candidates, table: table, for: call, using: &random)
        case (.maglev(let policy), .maglev(let table)):
            policy.pick(from: candidates, table: table, for: call, using: &random)
        default:
            // The table of another policy says nothing: any candidate that is allowed.
            call.firstAllowed(of: candidates, from: 0)
        }
    }
}
