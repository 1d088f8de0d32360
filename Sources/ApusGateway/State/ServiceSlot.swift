// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization

/// One event loop's view of a service's instances, and whose turn it is. Touched on that loop only.
final class ServiceSlot: @unchecked Sendable {
    /// Who gets the next request.
    enum Pick: ~Copyable {
        case instance(InstanceState, CircuitBreakerPermit?)
        /// Nobody, and why.
        case none(CallFailure)
    }

    private(set) var version = 0
    private var instances: [InstanceState] = []
    private var next = 0

    func replace(_ instances: [InstanceState], version: Int) {
        self.instances = instances
        self.version = version
        // Loops that all began with the first instance would send it their first requests together.
        next = instances.isEmpty ? 0 : Int.random(in: 0..<instances.count)
    }

    /// Round robin over the instances that are healthy, weren't just unreachable, haven't been tried, and whose breaker
    /// lets the request through. If there is none, those that were just unreachable get a chance.
    func pick(at now: Instant, except tried: [InstanceState]) -> Pick {
        var rejection: CallFailure?
        var hasAvoided = false
        for _ in 0..<instances.count {
            let instance = turn()
            guard instance.isHealthy.load(ordering: .relaxed) else { continue }
            guard !instance.isAvoided(at: now) else {
                hasAvoided = true
                continue
            }
            guard tried.isEmpty || !tried.contains(where: { $0 === instance }) else { continue }
            if admit(instance, now, &rejection) { return .instance(instance, permit.take()) }
        }
        if hasAvoided {
            for _ in 0..<instances.count {
                let instance = turn()
                guard instance.isHealthy.load(ordering: .relaxed), !tried.contains(where: { $0 === instance }) else {
                    continue
                }
                if admit(instance, now, &rejection) { return .instance(instance, permit.take()) }
            }
        }
        return .none(rejection ?? nobody)
    }

    /// The permit of the instance that was admitted last.
    private var permit: CircuitBreakerPermit?

    private func admit(_ instance: InstanceState, _ now: Instant, _ rejection: inout CallFailure?) -> Bool {
        guard let breaker = instance.breaker else { return true }
        do throws(CallFailure) {
            permit = try breaker.admit(now: now)
            return true
        } catch {
            rejection = error
            return false
        }
    }

    private func turn() -> InstanceState {
        if next >= instances.count { next = 0 }
        defer { next += 1 }
        return instances[next]
    }

    private var nobody: CallFailure {
        CallFailure(
            .noInstance, instances.isEmpty ? "no instance is known" : "no instance is usable", stage: .admission,
            retryAfter: .seconds(1), mayHaveReachedPeer: false)
    }
}
