// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// The instances of one service and the policy that picks among them: what a client or a gateway holds per service.
///
/// Safe to use from any thread. A new set takes the place of the old one at once: a pick sees the one or the other,
/// never a mixture. What is picked stays valid after its set is gone.
public final class Balancer<Target: Sendable, Policy: BalancingPolicy>: Sendable {
    /// What was picked: the candidate, for its lease and its health, and where to send the call.
    public struct Selection: Sendable {
        /// Holds the lease of the call and the health of the instance.
        public let candidate: Candidate
        /// Where to send the call.
        public let target: Target

        @inlinable
        init(candidate: Candidate, target: Target) {
            self.candidate = candidate
            self.target = target
        }
    }

    @usableFromInline
    struct State: Sendable {
        @usableFromInline var set: CandidateSet<Target>
        @usableFromInline var table: Policy.Table
        @usableFromInline var random: FastRandom
    }

    /// How candidates are picked.
    public let policy: Policy
    @usableFromInline let state: Mutex<State>

    /// A balancer without instances.
    ///
    /// - Parameters:
    ///   - policy: how to pick.
    ///   - random: where the policy's chance comes from. Default: seeded by the system.
    public init(policy: Policy, random: FastRandom = FastRandom()) {
        self.policy = policy
        state = Mutex(State(set: CandidateSet(), table: policy.table(for: []), random: random))
    }

    /// Picks an instance for a call.
    ///
    /// - Returns: nil if no instance is known, usable and allowed by the call.
    @inlinable
    public func pick(for call: BalancedCall = BalancedCall()) -> Selection? {
        state.withLock { state in
            let index = policy.pick(from: state.set.candidates, table: state.table, for: call, using: &state.random)
            guard let index else { return nil }
            return Selection(candidate: state.set.candidates[index], target: state.set.targets[index])
        }
    }

    /// Replaces the instances. Those that stay, by id, keep their calls in flight and their health.
    ///
    /// Sets that arrive at once from several threads are applied one after the other, each as a whole.
    ///
    /// - Parameter instances: ids and targets. Of several with the same id the last counts.
    /// - Returns: the new set.
    @discardableResult
    public func replace(with instances: [(id: String, target: Target)]) -> CandidateSet<Target> {
        // The table may be costly: it is made outside the lock, and again if another set came first.
        while true {
            let before = set
            let next = before.replaced(by: instances)
            let table = policy.table(for: next.candidates)
            let installed = state.withLock { state in
                guard state.set.version == before.version else { return false }
                state.set = next
                state.table = table
                return true
            }
            if installed { return next }
        }
    }

    /// The instances at this moment.
    public var set: CandidateSet<Target> { state.withLock { $0.set } }
}
