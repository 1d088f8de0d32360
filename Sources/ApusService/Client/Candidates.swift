// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusHTTP
import ApusResilience
import Synchronization

/// One instance that may be called, with its circuit breaker.
final class Candidate: Sendable {
    let endpoint: Endpoint
    let breaker: CircuitBreaker

    init(endpoint: Endpoint, breaker: CircuitBreaker) {
        self.endpoint = endpoint
        self.breaker = breaker
    }
}

/// The instances of one service as candidates: made anew when the registry's view changes, keeping the breakers of the
/// instances that stay.
final class Candidates: Sendable {
    private struct Table {
        var version: UInt64?
        var list: [Candidate] = []
    }

    private let view: ServiceView
    private let makeBreaker: @Sendable () throws(InvalidConfiguration) -> CircuitBreaker
    private let table = Mutex(Table())
    private let cursor = Atomic<UInt64>(0)

    init(view: ServiceView, makeBreaker: @escaping @Sendable () throws(InvalidConfiguration) -> CircuitBreaker) {
        self.view = view
        self.makeBreaker = makeBreaker
    }

    /// The instances that are known now.
    func current() throws(InvalidConfiguration) -> [Candidate] {
        let version = view.version
        if let list = table.withLock({ $0.version == version ? $0.list : nil }) { return list }
        let set = view.current
        return try table.withLock { (table) throws(InvalidConfiguration) in
            var list: [Candidate] = []
            for instance in set.instances {
                if let known = table.list.first(where: { $0.endpoint == instance.endpoint }) {
                    list.append(known)
                } else {
                    list.append(Candidate(endpoint: instance.endpoint, breaker: try makeBreaker()))
                }
            }
            table.list = list
            table.version = set.version
            return list
        }
    }

    /// Where in the list the next call begins to look: one further than the last.
    func turn() -> Int {
        Int(truncatingIfNeeded: cursor.wrappingAdd(1, ordering: .relaxed).newValue & 0x7FFF_FFFF_FFFF_FFFF)
    }

    /// Waits until the registry has answered for the first time, at most until `deadline`.
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
