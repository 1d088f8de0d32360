// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Logging
public import ServiceLifecycle
import Synchronization

/// A process's side of a registry: watches the services that it calls and keeps its own instances registered.
///
/// Watching begins when a service is first asked for and lasts until ``shutdown()``. While the registry is down every
/// view keeps its last good list and says since when it is stale; when it is back, views and leases are brought up to
/// date without anyone's doing. Safe from any thread.
///
/// As a `Service` it does nothing but shut down gracefully.
public final class RegistryClient: Resolver, Registrar, Service {
    struct Key: Hashable {
        var service: String
        var id: String
    }

    struct Kept {
        var status: RegistrationStatus
        var lease: Lease?
        var task: Task<Void, Never>?
        /// Which call of `register` this is the work of.
        var round: UInt64
    }

    struct Shared {
        var views: [String: ServiceView] = [:]
        var watches: [Task<Void, Never>] = []
        var kept: [Key: Kept] = [:]
        var rounds: UInt64 = 0
        var isShutDown = false
    }

    /// How many services one process may watch.
    public static let mostServices = 1_024

    let connection: any RegistryConnection
    let logger: Logger
    let time: TimeSource
    let shared = Mutex(Shared())
    private let wait: Duration

    /// - Parameters:
    ///   - connection: The registry.
    ///   - wait: How long the registry may keep a watcher's question open; default 30 s.
    public init(
        connection: any RegistryConnection, wait: Duration = .seconds(30), logger: Logger, time: TimeSource = .system
    ) {
        self.connection = connection
        self.wait = wait
        self.logger = logger
        self.time = time
    }

    public func view(of service: String) -> ServiceView {
        shared.withLock { shared in
            if let view = shared.views[service] { return view }
            let view = ServiceView(service: service)
            guard !shared.isShutDown, shared.views.count < Self.mostServices else {
                view.fail(
                    DiscoveryError(
                        .overloaded,
                        shared.isShutDown
                            ? "the registry client is shut down"
                            : "\(shared.views.count) services are watched, the most that are"),
                    at: time.now)
                return view
            }
            shared.views[service] = view
            shared.watches.append(Task { await self.watch(view) })
            return view
        }
    }

    /// Waits for graceful shutdown or cancellation, then shuts down.
    public func run() async {
        do {
            try await gracefulShutdown()
        } catch {
            // Cancelled: the same end.
        }
        await shutdown()
    }

    /// Deregisters every instance, then ends every watch. The views keep what they last showed.
    public func shutdown() async {
        let (watches, keys) = shared.withLock { shared in
            shared.isShutDown = true
            defer { shared.watches = [] }
            return (shared.watches, Array(shared.kept.keys))
        }
        for watch in watches { watch.cancel() }
        await withDiscardingTaskGroup { group in
            for key in keys { group.addTask { await self.deregister(key.service, id: key.id) } }
        }
        for watch in watches { await watch.value }
    }

    private func watch(_ view: ServiceView) async {
        var policy = WatchPolicy(wait: wait, random: FastRandom())
        while !Task.isCancelled {
            let begun = time.now
            let pause: Duration
            do throws(DiscoveryError) {
                let listing = try await connection.list(view.service, after: policy.index, wait: policy.wait)
                if view.staleSince != nil { logger.info("registry answers again", metadata: ["of": "\(view.service)"]) }
                pause = policy.answered(index: listing.index, after: begun.duration(to: time.now))
                view.update(listing.instances)
            } catch {
                if Task.isCancelled { return }
                if view.staleSince == nil {
                    logger.warning(
                        "registry doesn't answer; the last known instances stay",
                        metadata: ["of": "\(view.service)", "error": "\(error)"])
                }
                view.fail(error, at: time.now)
                pause = policy.failed(error)
            }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }
}
