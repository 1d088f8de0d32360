// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// The changing view of one service, shared by all who call it.
///
/// Reading costs an uncontended lock and allocates nothing; ``version`` costs an atomic load, so a caller that keeps
/// something made from the set (a ring, a list of candidates) can see without a lock whether it is still the newest.
/// Safe from any thread. A slow reader sees the newest set, never a backlog.
public final class ServiceView: Sendable {
    private struct Shared {
        var set: InstanceSet
        var staleSince: Instant?
        var observers: [UInt64: AsyncStream<InstanceSet>.Continuation] = [:]
        var nextObserver: UInt64 = 0
    }

    /// The service's name.
    public let service: String
    private let shared: Mutex<Shared>
    private let newestVersion = Atomic<UInt64>(0)

    /// A view that waits for its first answer.
    public init(service: String) {
        self.service = service
        shared = Mutex(Shared(set: InstanceSet(service: service, instances: [], version: 0, status: .pending)))
    }

    /// A view that has its answer.
    public convenience init(service: String, instances: [Instance]) {
        self.init(service: service)
        update(instances)
    }

    /// The newest set.
    public var current: InstanceSet { shared.withLock { $0.set } }

    /// The version of ``current``.
    public var version: UInt64 { newestVersion.load(ordering: .acquiring) }

    /// Since when the source has not answered, so that the set may be old; nil while it answers.
    public var staleSince: Instant? { shared.withLock { $0.staleSince } }

    /// The newest set now, and every newer one; sets that came while the reader was busy are skipped.
    public var changes: AsyncStream<InstanceSet> {
        let (stream, continuation) = AsyncStream.makeStream(of: InstanceSet.self, bufferingPolicy: .bufferingNewest(1))
        shared.withLock { shared in
            let id = shared.nextObserver
            shared.nextObserver += 1
            shared.observers[id] = continuation
            continuation.yield(shared.set)
            continuation.onTermination = { [weak self] _ in
                _ = self?.shared.withLock { $0.observers.removeValue(forKey: id) }
            }
        }
        return stream
    }

    /// Takes over an answer of the source. An answer equal to the present one changes nothing but the staleness.
    public func update(_ instances: [Instance]) {
        let instances = InstanceSet.sorted(instances)
        publish { shared in
            shared.staleSince = nil
            if shared.set.status == .resolved, shared.set.instances == instances { return nil }
            return (instances, .resolved)
        }
    }

    /// Notes that the source failed at `now`. The last good list stays; only a view that never had one shows the error.
    public func fail(_ error: DiscoveryError, at now: Instant) {
        publish { shared in
            if shared.staleSince == nil { shared.staleSince = now }
            if shared.set.status == .resolved || shared.set.status == .failed(error) { return nil }
            return ([], .failed(error))
        }
    }

    private func publish(_ change: (inout Shared) -> ([Instance], InstanceSet.Status)?) {
        let news = shared.withLock { shared -> (InstanceSet, [AsyncStream<InstanceSet>.Continuation])? in
            guard let (instances, status) = change(&shared) else { return nil }
            let set = InstanceSet(
                service: service, instances: instances, version: shared.set.version + 1, status: status)
            shared.set = set
            newestVersion.store(set.version, ordering: .releasing)
            return (set, Array(shared.observers.values))
        }
        guard let (set, observers) = news else { return }
        for observer in observers { observer.yield(set) }
    }
}
