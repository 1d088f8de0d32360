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

    private(set) var version = 0
    private let policy = RoundRobin()
    private var instances: [InstanceState] = []
    private var candidates: [Candidate] = []
    private var random = FastRandom()

    func replace(_ instances: [InstanceState], version: Int) {
        self.instances = instances
        candidates = instances.map(\.candidate)
        self.version = version
    }

    /// One of the instances that are usable, haven't been tried, and whose breaker lets the request through. If there
    /// is none, those that only were unreachable a moment ago get a chance.
    func pick(at now: Instant, except tried: [Candidate]) -> Pick {
        var call = BalancedCall(excluding: tried)
        var rejection: CallFailure?
        while let index = policy.pick(from: candidates, table: (), for: call, using: &random) {
            let instance = instances[index]
            guard let breaker = instance.breaker else { return .instance(instance, nil) }
            do throws(CallFailure) {
                return .instance(instance, try breaker.admit(now: now))
            } catch {
                rejection = error
                call.excluded.append(instance.candidate)
            }
        }
        for instance in instances where instance.candidate.unusable == .ejected {
            guard !tried.contains(where: { $0 === instance.candidate }) else { continue }
            guard let breaker = instance.breaker else { return .instance(instance, nil) }
            do throws(CallFailure) {
                return .instance(instance, try breaker.admit(now: now))
            } catch {
                rejection = error
            }
        }
        return .none(rejection ?? nobody)
    }

    private var nobody: CallFailure {
        CallFailure(
            .noInstance, instances.isEmpty ? "no instance is known" : "no instance is usable", stage: .admission,
            retryAfter: .seconds(1), mayHaveReachedPeer: false)
    }
}
