// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

extension Registry {
    /// Waits until there is something to learn for one who has seen `index` of `service` (nil: of the whole registry),
    /// at most for `wait`. Returns early when the task is cancelled. Being woken is no proof of a change.
    /// - Throws: ``DiscoveryError/Code/overloaded`` when too many wait already.
    public func waitForNews(of service: String?, after index: UInt64, wait: Duration) async throws(DiscoveryError) {
        let deadline = time.now.advanced(by: min(max(wait, .zero), Self.longestWait))
        let id = try shared.withLock { shared throws(DiscoveryError) in
            guard shared.waiters.count < Self.mostWaiters else {
                throw DiscoveryError(
                    .overloaded, "\(shared.waiters.count) watchers wait already", retryAfter: .seconds(1))
            }
            shared.nextWaiter += 1
            return shared.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let hasNews = shared.withLock { shared in
                    if shared.isClosed || Task.isCancelled || shared.state.hasNews(of: service, after: index) {
                        return true
                    }
                    shared.waiters[id] = Waiter(
                        service: service, index: index, deadline: deadline, continuation: continuation)
                    return false
                }
                if hasNews { continuation.resume() }
            }
        } onCancel: {
            shared.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    /// The instances of a service as soon as they differ from those of `index`, or after `wait` as they are.
    /// - Throws: ``DiscoveryError/Code/overloaded``.
    public func list(
        _ service: String, after index: UInt64, wait: Duration
    ) async throws(DiscoveryError) -> ServiceListing {
        try await waitForNews(of: service, after: index, wait: wait)
        return list(service)
    }

    /// How many watchers wait.
    public var waiting: Int { shared.withLock { $0.waiters.count } }
    /// How many instances are listed.
    public var count: Int { shared.withLock { $0.state.count } }
    /// Raised by one with every change of what is listed.
    public var revision: UInt64 { shared.withLock { $0.state.revision } }
}
