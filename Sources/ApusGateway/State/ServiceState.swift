// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import Synchronization

/// What the gateway knows of one service: its instances as they come and go, and what its routes share. Lives under the
/// service's name as long as the gateway has a service of that name.
final class ServiceState: Sendable {
    let configuration: ServiceConfiguration
    let outliers: OutlierDetection?
    let retryBudget: RetryBudget?
    let bulkhead: Bulkhead?
    let adaptive: AdaptiveConcurrency?
    /// What instances are picked by; nil if the policy doesn't hash.
    let hashing: InstanceBalancing?
    /// Whether the policy wants to know how long calls take.
    let observesLatency: Bool
    private let policy: AnyBalancingPolicy
    private let shared: Mutex<[InstanceState]>
    /// Grows with every change of the instances.
    private let version = Atomic<Int>(1)
    private let group = CandidateGroup()
    private let candidates = CandidateList()
    private let slots: [ServiceSlot]
    private let loops: Int
    private let events: GatewayEvents

    /// - Throws: ``InvalidConfiguration`` for values that the parts refuse.
    init(
        _ configuration: ServiceConfiguration, loops: Int, events: GatewayEvents
    ) throws(InvalidConfiguration) {
        let problems = configuration.balancing.policy.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        self.loops = loops
        self.events = events
        shared = Mutex([])
        policy = try AnyBalancingPolicy(configuration.balancing.policy)
        observesLatency = policy.readsTime
        hashing = policy.isConsistent ? configuration.balancing : nil
        var slots: [ServiceSlot] = []
        for _ in 0..<loops { slots.append(try ServiceSlot(configuration.balancing.policy, group: group)) }
        self.slots = slots
        if let configured = configuration.outliers {
            let (name, candidates) = (configuration.name, candidates)
            outliers = try OutlierDetection(
                configured, onChange: { events.tell($0, service: name) }, candidates: { candidates.current })
        } else {
            outliers = nil
        }
        if let budget = configuration.retryBudget { retryBudget = try RetryBudget(budget) } else { retryBudget = nil }
        if let maximum = configuration.maxRequests {
            var bulkhead = BulkheadConfiguration()
            bulkhead.maximumCalls = maximum
            bulkhead.maximumWaiting = 0
            self.bulkhead = try Bulkhead(bulkhead)
        } else {
            bulkhead = nil
        }
        if let limit = configuration.adaptive { adaptive = try AdaptiveConcurrency(limit) } else { adaptive = nil }
    }

    var name: String { configuration.name }

    /// The instances now.
    var instances: [InstanceState] { shared.withLock { $0 } }

    /// Whether a request would find an instance now.
    var hasUsableInstance: Bool { instances.contains { $0.candidate.isUsable } }

    /// Takes over a new list. Instances that stay keep their state.
    ///
    /// - Returns: the instances that are new, and those that are gone.
    @discardableResult
    func update(
        _ listed: [ListedInstance]
    ) throws(InvalidConfiguration) -> (added: [InstanceState], removed: [InstanceState]) {
        var (added, removed): ([InstanceState], [InstanceState]) = ([], [])
        var failure: InvalidConfiguration?
        shared.withLock { instances in
            // Of a first list none is newer than the others.
            let start: Instant? = instances.isEmpty ? nil : .now
            var next: [InstanceState] = []
            for listed in listed {
                if let known = instances.first(where: { $0.id == listed.id && $0.endpoint == listed.endpoint }) {
                    known.candidate.update(weight: listed.weight, zone: listed.zone)
                    next.append(known)
                    continue
                }
                do throws(InvalidConfiguration) {
                    let made = try InstanceState(
                        listed, service: configuration, startedAt: start, group: group, loops: loops, events: events)
                    next.append(made)
                    added.append(made)
                } catch {
                    failure = error
                    return
                }
            }
            removed = instances.filter { old in !next.contains { $0 === old } }
            instances = next
            candidates.replace(next.map(\.candidate))
            version.add(1, ordering: .releasing)
        }
        if let failure { throw failure }
        for instance in removed where !added.contains(where: { $0.id == instance.id }) {
            events.forget(service: name, scope: .instance(instance.id))
        }
        return (added, removed)
    }

    /// The instance for a request on `loop`, with the breaker's permit.
    func pick(on loop: Loop, for call: consuming BalancedCall, at now: Instant) -> ServiceSlot.Pick {
        slot(on: loop).pick(for: call, at: now)
    }

    /// Whether there is an instance on `loop` beside `tried` that a request might go to.
    func hasInstance(on loop: Loop, except tried: [Candidate]) -> Bool {
        slot(on: loop).hasInstance(except: tried)
    }

    /// Takes note of how long a call took, for policies that weigh latencies.
    func observe(_ latency: Duration, of candidate: Candidate, now: Instant) {
        policy.observe(latency, of: candidate, now: now)
    }

    /// Closes the connections of the loop that this is called on.
    func shutdown(on loop: Loop) {
        for instance in instances { instance.shutdown(on: loop) }
    }

    private func slot(on loop: Loop) -> ServiceSlot {
        let slot = slots[loop.index]
        let newest = version.load(ordering: .acquiring)
        if slot.version != newest {
            slot.replace(shared.withLock { $0 }, version: newest)
        }
        return slot
    }
}
