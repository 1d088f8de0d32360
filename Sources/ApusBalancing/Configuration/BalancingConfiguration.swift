// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How calls to a service are spread over its instances: the policy by name, its parameters, and who takes part.
///
/// A parameter that the policy doesn't have is not looked at.
public struct BalancingConfiguration: Sendable, Hashable {
    /// The policies; the raw value is the name in configurations.
    public enum PolicyName: String, Sendable, Hashable, CaseIterable {
        /// ``RoundRobin``: each in turn.
        case roundRobin = "round-robin"
        /// ``WeightedRoundRobin``: each in turn, as often as its weight says.
        case weightedRoundRobin = "weighted-round-robin"
        /// ``RandomChoice``: one by chance.
        case random
        /// ``LeastRequests``: of a few, the one with the fewest calls in flight.
        case leastRequests = "least-requests"
        /// ``PeakEWMA``: of two, the one that will answer sooner.
        case peakEWMA = "peak-ewma"
        /// ``RingHash``: the same for the same key, by a ring.
        case ringHash = "ring-hash"
        /// ``Maglev``: the same for the same key, by a table.
        case maglev
    }

    /// The policy. Default round robin.
    public var policy = PolicyName.roundRobin
    /// Least requests: how many instances are compared. Default 2, 2 to 10.
    public var choices = 2
    /// Peak EWMA: the time in which a latency loses all but 1/e of its weight. Default 10 s, 1 ms to 1 h.
    public var decay = Duration.seconds(10)
    /// Ring hash: how many points the ring has at least. Default 1,024, 1 to 4,194,304.
    public var minimumRingSize = 1_024
    /// Ring hash: how many it has at most. Default 1,048,576, from twice ``minimumRingSize`` to 8,388,608.
    public var maximumRingSize = 1_048_576
    /// Maglev: how many entries the table has, a prime. Default 65,537, 2 to 5,000,011.
    public var tableSize = Maglev.usualTableSize
    /// Ring hash and Maglev: how many calls an instance may have at once, as a multiple of its fair share. Default nil:
    /// any number. 1 to 100, usually 1.25.
    public var balanceFactor: Double?
    /// Which instances take part, and with what weight.
    public var eligibility = EligibilityConfiguration()

    /// The defaults, for the policy of that name.
    public init(_ policy: PolicyName = .roundRobin) {
        self.policy = policy
    }

    /// Every problem of this configuration; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        do throws(InvalidConfiguration) {
            _ = try AnyBalancingPolicy(self, using: FastRandom(seed: 0))
        } catch {
            problems += error.problems.map { ConfigurationProblem(key(of: $0.key), $0.message) }
        }
        problems.append(eligibility.validate(), of: "eligibility")
        if policy == .ringHash || policy == .maglev {
            let reason = "can't be combined with \(policy.rawValue): every client must see the same instances"
            problems.require(eligibility.locality == nil, "eligibility.locality", reason)
            problems.require(eligibility.subset == nil, "eligibility.subset", reason)
        }
        if policy == .ringHash || policy == .maglev || policy == .roundRobin {
            problems.require(
                eligibility.slowStart == nil, "eligibility.slowStart",
                "can't be combined with \(policy.rawValue), which gives every instance its full share")
        }
        return problems
    }

    /// The key of a parameter here, for its name in the policy.
    private func key(of parameter: String) -> String {
        switch parameter {
        case "minimumSize": "minimumRingSize"
        case "maximumSize": "maximumRingSize"
        default: parameter
        }
    }
}
