// SPDX-License-Identifier: Apache-2.0
public import ApusBalancing
public import ApusCore
import Synchronization

/// A shipped policy that draws from the simulation's generator.
///
/// A balancer draws from a generator of each thread, and on which thread a simulation runs differs from run to run. (Its
/// choice between zones still does: two runs with a locality can differ.)
public struct SeededPolicy: BalancingPolicy {
    private let policy: AnyBalancingPolicy
    private let chance: Chance

    init(_ policy: AnyBalancingPolicy, random: FastRandom) {
        self.policy = policy
        chance = Chance(random)
    }

    public var isConsistent: Bool { policy.isConsistent }

    public var readsTime: Bool { policy.readsTime }

    public func table(
        for candidates: [Candidate], weights: [Double], reusing previous: AnyBalancingPolicy.Table?
    ) -> AnyBalancingPolicy.Table {
        policy.table(for: candidates, weights: weights, reusing: previous)
    }

    public func pick(
        from candidates: [Candidate], table: AnyBalancingPolicy.Table, for call: BalancedCall,
        using random: inout FastRandom
    ) -> Int? {
        chance.random.withLock { policy.pick(from: candidates, table: table, for: call, using: &$0) }
    }

    public func observe(_ latency: Duration, of candidate: Candidate, now: Instant) {
        policy.observe(latency, of: candidate, now: now)
    }

    private final class Chance: Sendable {
        let random: Mutex<FastRandom>

        init(_ random: FastRandom) {
            self.random = Mutex(random)
        }
    }
}
