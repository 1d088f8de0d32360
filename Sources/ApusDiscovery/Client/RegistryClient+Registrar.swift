// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Logging
import Synchronization

extension RegistryClient {
    /// See ``Registrar/register(_:ttl:)``. Does nothing after the client was shut down.
    public func register(_ instance: Instance, ttl: Duration) {
        let key = Key(service: instance.service, id: instance.id)
        let former = shared.withLock { shared -> Task<Void, Never>? in
            guard !shared.isShutDown else { return nil }
            shared.rounds += 1
            let round = shared.rounds
            let former = shared.kept[key]?.task
            let task = Task {
                // The former round's last request must not come after the first of this one.
                await former?.value
                await self.keep(instance, ttl: ttl, key: key, round: round)
            }
            shared.kept[key] = Kept(status: .pending, task: task, round: round)
            return former
        }
        former?.cancel()
    }

    /// See ``Registrar/registration(of:id:)``.
    public func registration(of service: String, id: String) -> RegistrationStatus? {
        shared.withLock { $0.kept[Key(service: service, id: id)]?.status }
    }

    /// See ``Registrar/deregister(_:id:)``. An id that isn't kept registered here is left alone.
    public func deregister(_ service: String, id: String) async {
        let key = Key(service: service, id: id)
        guard let task = shared.withLock({ $0.kept[key]?.task }) else { return }
        task.cancel()
        await task.value
        guard let kept = shared.withLock({ $0.kept.removeValue(forKey: key) }) else { return }
        if case .refused = kept.status { return }
        do throws(DiscoveryError) {
            try await connection.deregister(service, id: id, generation: kept.lease?.generation)
        } catch {
            logger.warning(
                "could not deregister; the lease runs out by itself",
                metadata: ["instance": "\(service)/\(id)", "error": "\(error)"])
        }
    }

    private func keep(_ instance: Instance, ttl: Duration, key: Key, round: UInt64) async {
        var policy = LeasePolicy(ttl: ttl, random: FastRandom())
        var step = LeasePolicy.Step.register(after: .zero)
        while !Task.isCancelled {
            do throws(DiscoveryError) {
                let lease: Lease
                switch step {
                case .stop: return
                case .register(let pause):
                    guard await sleep(pause) else { return }
                    lease = try await connection.register(instance, ttl: ttl)
                case .renew(let held, let pause):
                    guard await sleep(pause) else { return }
                    try await connection.renew(held)
                    lease = held
                }
                note(.registered, lease, key, round)
                step = policy.holds(lease)
            } catch {
                if Task.isCancelled { return }
                step = policy.failed(error)
                note(step == .stop ? .refused(error) : .failing(error), policy.lease, key, round)
            }
        }
    }

    private func sleep(_ pause: Duration) async -> Bool {
        guard pause > .zero else { return !Task.isCancelled }
        do {
            try await Task.sleep(for: pause)
            return true
        } catch {
            return false
        }
    }

    private func note(_ status: RegistrationStatus, _ lease: Lease?, _ key: Key, _ round: UInt64) {
        let former = shared.withLock { shared -> RegistrationStatus? in
            guard let kept = shared.kept[key], kept.round == round else { return status }
            shared.kept[key]?.status = status
            shared.kept[key]?.lease = lease
            return kept.status
        }
        guard former != status else { return }
        let metadata: Logger.Metadata = ["instance": "\(key.service)/\(key.id)"]
        switch status {
        case .pending: break
        case .registered: logger.info("registered", metadata: metadata)
        case .failing(let error):
            logger.warning("registration fails; trying again", metadata: metadata + ["error": "\(error)"])
        case .refused(let error):
            logger.error("registration refused; not trying again", metadata: metadata + ["error": "\(error)"])
        }
    }
}

private func + (left: Logger.Metadata, right: Logger.Metadata) -> Logger.Metadata {
    left.merging(right) { $1 }
}
