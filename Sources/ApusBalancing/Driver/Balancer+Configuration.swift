// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension Balancer where Policy == AnyBalancingPolicy {
    /// A balancer whose policy is chosen by a configuration.
    ///
    /// - Parameters:
    ///   - configuration: the policy and who takes part.
    ///   - set: the first set. Default: without instances. With the set of another balancer, calls in flight, health
    ///     and latencies live on: so a change of configuration keeps them.
    ///   - random: where chance comes from. Default: seeded by the system.
    ///   - time: the clock for slow starts and latencies, the machine's by default.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public convenience init(
        _ configuration: BalancingConfiguration, set: CandidateSet<Target> = CandidateSet(),
        random: FastRandom = FastRandom(), time: TimeSource = .system
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        var random = random
        let policy = try AnyBalancingPolicy(configuration, using: FastRandom(seed: random.next()))
        try self.init(
            policy: policy, eligibility: configuration.eligibility, set: set, random: random, time: time)
    }
}
