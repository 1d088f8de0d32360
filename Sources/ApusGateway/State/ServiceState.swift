// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import Synchronization

/// What the gateway knows of one service: its instances as they come and go. Lives under the service's name as long as
/// the gateway has a service of that name.
final class ServiceState: Sendable {
    let configuration: ServiceConfiguration
    private let shared: Mutex<[InstanceState]>
    /// Grows with every change of the instances.
    private let version = Atomic<Int>(1)
    private let slots: [ServiceSlot]
    private let loops: Int

    init(_ configuration: ServiceConfiguration, loops: Int) {
        self.configuration = configuration
        self.loops = loops
        shared = Mutex([])
        slots = (0..<loops).map { _ in ServiceSlot() }
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
        _ listed: [(id: String, endpoint: Origin)]
    ) throws(InvalidConfiguration) -> (added: [InstanceState], removed: [InstanceState]) {
        let (configuration, loops) = (configuration, loops)
        var (added, removed): ([InstanceState], [InstanceState]) = ([], [])
        var failure: InvalidConfiguration?
        shared.withLock { instances in
            var next: [InstanceState] = []
            for (id, endpoint) in listed {
                if let known = instances.first(where: { $0.id == id && $0.endpoint == endpoint }) {
                    next.append(known)
                    continue
                }
                do throws(InvalidConfiguration) {
                    let made = try InstanceState(id: id, endpoint: endpoint, service: configuration, loops: loops)
                    next.append(made)
                    added.append(made)
                } catch {
                    failure = error
                    return
                }
            }
            removed = instances.filter { old in !next.contains { $0 === old } }
            instances = next
            version.add(1, ordering: .releasing)
        }
        if let failure { throw failure }
        return (added, removed)
    }

    /// The instance for the next request on `loop`, with the breaker's permit.
    func pick(on loop: Loop, at now: Instant, except tried: [Candidate]) -> ServiceSlot.Pick {
        let slot = slots[loop.index]
        let newest = version.load(ordering: .acquiring)
        if slot.version != newest {
            slot.replace(shared.withLock { $0 }, version: newest)
        }
        return slot.pick(at: now, except: tried)
    }

    /// Closes the connections of the loop that this is called on.
    func shutdown(on loop: Loop) {
        for instance in instances { instance.shutdown(on: loop) }
    }
}
