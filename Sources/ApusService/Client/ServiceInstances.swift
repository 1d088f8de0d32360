// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusDiscovery
import ApusHTTP
import ApusResilience
import Synchronization

/// One instance that may be called, with its circuit breaker.
final class InstanceTarget: Sendable {
    let endpoint: Origin
    let breaker: CircuitBreaker

    init(endpoint: Origin, breaker: CircuitBreaker) {
        self.endpoint = endpoint
        self.breaker = breaker
    }
}

/// The instances of one service in a balancer, brought up to date when the registry's view has changed. Breakers live as
/// long as their instances.
final class ServiceInstances: Sendable {
    private let view: ServiceView
    private let makeBreaker: @Sendable () throws(InvalidConfiguration) -> CircuitBreaker
    private let balancer = Balancer<InstanceTarget, RoundRobin>(policy: RoundRobin())
    private let applied = Mutex<UInt64?>(nil)
    private let appliedVersion = Atomic<UInt64>(.max)

    init(view: ServiceView, makeBreaker: @escaping @Sendable () throws(InvalidConfiguration) -> CircuitBreaker) {
        self.view = view
        self.makeBreaker = makeBreaker
    }

    /// The instance whose turn it is, of those that `call` allows; nil if there is none.
    func pick(for call: BalancedCall) throws(InvalidConfiguration) -> Balancer<InstanceTarget, RoundRobin>.Selection? {
        if appliedVersion.load(ordering: .acquiring) != view.version { try update() }
        return balancer.pick(for: call)
    }

    /// Whether any instance is known.
    func isEmpty() throws(InvalidConfiguration) -> Bool {
        if appliedVersion.load(ordering: .acquiring) != view.version { try update() }
        return balancer.set.isEmpty
    }

    private func update() throws(InvalidConfiguration) {
        try applied.withLock { (applied) throws(InvalidConfiguration) in
            let set = view.current
            guard applied != set.version else { return }
            let present = balancer.set
            var known: [String: InstanceTarget] = [:]
            for (candidate, target) in zip(present.candidates, present.targets) { known[candidate.id] = target }
            var instances: [(id: String, target: InstanceTarget)] = []
            for instance in set.instances {
                if let target = known[instance.id], target.endpoint == instance.endpoint {
                    instances.append((instance.id, target))
                } else {
                    instances.append(
                        (instance.id, InstanceTarget(endpoint: instance.endpoint, breaker: try makeBreaker())))
                }
            }
            balancer.replace(with: instances)
            applied = set.version
            appliedVersion.store(set.version, ordering: .releasing)
        }
    }

    /// Waits until the registry has answered for the first time, at most for `limit`.
    func resolved(within limit: Duration) async {
        guard case .pending = view.current.status else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [view] in
                for await set in view.changes where set.status != .pending { return }
            }
            group.addTask {
                // Ends early only when the group is cancelled.
                do { try await Task.sleep(for: limit) } catch {}
            }
            await group.next()
            group.cancelAll()
        }
    }
}
