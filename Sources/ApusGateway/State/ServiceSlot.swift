// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusResilience

/// One event loop's view of a service's instances, and how it picks among them. Touched on that loop only.
final class ServiceSlot: @unchecked Sendable {
    /// Who gets the next request.
    enum Pick: ~Copyable {
        case instance(InstanceState, CircuitBreakerPermit?)
        /// Nobody, and why.
        case none(CallFailure)
    }

    /// Reasons not to use an instance that don't count when there is nothing better.
    private static let mild: Candidate.Unusable = [.ejected, .unreachable]

    private(set) var version = 0
    private let policy: AnyBalancingPolicy
    private let eligibility: EligibilityConfiguration
    private let group: CandidateGroup
    private var view: BalancingView<AnyBalancingPolicy>
    /// In the order of their ids, so that policies that hash find the same everywhere.
    private var instances: [InstanceState] = []
    private var random = FastRandom()

    init(_ configuration: BalancingConfiguration, group: CandidateGroup) throws(InvalidConfiguration) {
        policy = try AnyBalancingPolicy(configuration)
        eligibility = configuration.eligibility
        self.group = group
        view = BalancingView(of: [], in: group, by: policy, eligibility: eligibility, now: .now)
    }

    func replace(_ instances: [InstanceState], version: Int) {
        self.instances = instances.sorted { $0.id < $1.id }
        self.version = version
        refresh(at: .now)
    }

    private func refresh(at now: Instant) {
        view = BalancingView(
            of: instances.map(\.candidate), in: group, by: policy, eligibility: eligibility, now: now, after: view)
    }

    /// One of the instances that are usable, haven't been tried, and whose breaker lets the request through. If there
    /// is none, those that only were ejected, or unreachable a moment ago, get a chance.
    func pick(for call: consuming BalancedCall, at now: Instant) -> Pick {
        if !view.isCurrent(at: now) { refresh(at: now) }
        var rejection: CallFailure?
        while let index = view.pick(for: call, by: policy, using: &random) {
            let instance = instances[index]
            guard let breaker = instance.breaker else { return .instance(instance, nil) }
            do throws(CallFailure) {
                return .instance(instance, try breaker.admit(now: now))
            } catch {
                rejection = error
                call.excluded.append(instance.candidate)
            }
        }
        call.ignoring = Self.mild
        for instance in instances where !instance.candidate.isUsable && call.allows(instance.candidate) {
            guard let breaker = instance.breaker else { return .instance(instance, nil) }
            do throws(CallFailure) {
                return .instance(instance, try breaker.admit(now: now))
            } catch {
                rejection = error
            }
        }
        return .none(rejection ?? nobody)
    }

    /// Whether there is an instance beside `tried` that a request might go to.
    func hasInstance(except tried: [Candidate]) -> Bool {
        let call = BalancedCall(excluding: tried, ignoring: Self.mild)
        return instances.contains { call.allows($0.candidate) }
    }

    private var nobody: CallFailure {
        CallFailure(
            .noInstance, instances.isEmpty ? "no instance is known" : "no instance is usable", stage: .admission,
            retryAfter: .seconds(1), mayHaveReachedPeer: false)
    }
}
