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
/// long as their instances; those that fail more than the others are left out for a while.
final class ServiceInstances: Sendable {
    typealias Selection = Balancer<InstanceTarget, AnyBalancingPolicy>.Selection

    private let view: ServiceView
    private let makeBreaker: @Sendable (_ id: String) throws(InvalidConfiguration) -> CircuitBreaker
    private let balancer: Balancer<InstanceTarget, AnyBalancingPolicy>
    private let outliers: OutlierDetection?
    private let applied = Mutex<UInt64?>(nil)
    private let appliedVersion = Atomic<UInt64>(.max)

    /// - Parameters:
    ///   - onEjection: told of ejections and returns.
    ///   - makeBreaker: makes the breaker of an instance; what it throws was found out before.
    init(
        view: ServiceView, _ configuration: ServiceClientConfiguration, time: TimeSource,
        onEjection: @escaping @Sendable (OutlierChange) -> Void,
        makeBreaker: @escaping @Sendable (_ id: String) throws(InvalidConfiguration) -> CircuitBreaker
    ) throws(InvalidConfiguration) {
        self.view = view
        self.makeBreaker = makeBreaker
        let balancer = try Balancer<InstanceTarget, AnyBalancingPolicy>(configuration.balancing, time: time)
        self.balancer = balancer
        if let outliers = configuration.outliers {
            self.outliers = try OutlierDetection(outliers, time: time, onChange: onEjection) {
                balancer.set.candidates
            }
        } else {
            outliers = nil
        }
    }

    /// The instance whose turn it is, of those that `call` allows; nil if there is none.
    func pick(for call: BalancedCall) -> Selection? {
        bringUpToDate()
        return balancer.pick(for: call)
    }

    /// Takes note of what became of a call.
    func record(_ outcome: OutlierOutcome, latency: Duration, of candidate: Candidate, now: Instant) {
        outliers?.record(outcome, of: candidate, now: now)
        if outcome != .cancelled { balancer.observe(latency, of: candidate, now: now) }
    }

    /// Whether no instance is known.
    var isEmpty: Bool {
        bringUpToDate()
        return balancer.set.isEmpty
    }

    /// The instances by their ids.
    var all: [(id: String, target: InstanceTarget)] {
        let set = balancer.set
        return zip(set.candidates, set.targets).map { ($0.id, $1) }
    }

    /// The ejections and returns of late, the oldest first.
    var ejections: [OutlierChange] { outliers?.history ?? [] }

    private func bringUpToDate() {
        if appliedVersion.load(ordering: .acquiring) != view.version { update() }
    }

    private func update() {
        applied.withLock { applied in
            let set = view.current
            guard applied != set.version else { return }
            var known: [String: InstanceTarget] = [:]
            for (id, target) in all { known[id] = target }
            var instances: [(id: String, target: InstanceTarget)] = []
            for instance in set.instances {
                if let target = known[instance.id], target.endpoint == instance.endpoint {
                    instances.append((instance.id, target))
                    continue
                }
                do throws(InvalidConfiguration) {
                    let breaker = try makeBreaker(instance.id)
                    instances.append((instance.id, InstanceTarget(endpoint: instance.endpoint, breaker: breaker)))
                } catch {
                    // The configuration of breakers was valid when the client was made.
                    continue
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
