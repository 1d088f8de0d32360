// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
public import Logging
import Synchronization

/// Finds instances by looking a name up, again and again: `REGISTRY_URL=dns:///{service}.internal:8080`.
///
/// Every address of the name is an instance. A look-up that fails leaves the last good list. The interval is fixed,
/// because `getaddrinfo` doesn't tell how long a record lives.
public final class DNSResolver: Resolver {
    private struct Shared {
        var views: [String: ServiceView] = [:]
        var tasks: [Task<Void, Never>] = []
        var isShutDown = false
    }

    private let name: String
    private let port: Int
    private let interval: Duration
    private let lookup: AddressLookup
    private let logger: Logger
    private let shared = Mutex(Shared())

    /// - Parameters:
    ///   - name: The name to look up; `{service}` in it stands for the service's name.
    ///   - port: The port of every instance.
    ///   - interval: How often to look up; default 10 s.
    public init(
        name: String, port: Int, interval: Duration = .seconds(10), lookup: AddressLookup = .system, logger: Logger
    ) {
        self.name = name
        self.port = port
        self.interval = interval
        self.lookup = lookup
        self.logger = logger
    }

    public func view(of service: String) -> ServiceView {
        shared.withLock { shared in
            if let view = shared.views[service] { return view }
            let view = ServiceView(service: service)
            guard !shared.isShutDown, shared.views.count < RegistryClient.mostServices else {
                view.fail(DiscoveryError(.overloaded, "no further service can be resolved"), at: .now)
                return view
            }
            shared.views[service] = view
            shared.tasks.append(Task { await self.resolve(view) })
            return view
        }
    }

    /// Ends the look-ups. The views keep what they last showed.
    public func shutdown() async {
        let tasks = shared.withLock { shared in
            shared.isShutDown = true
            defer { shared.tasks = [] }
            return shared.tasks
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    private func resolve(_ view: ServiceView) async {
        let host = name.replacing("{service}", with: view.service)
        var delay = RetryDelay(base: .milliseconds(200), cap: interval, random: FastRandom())
        while !Task.isCancelled {
            var pause = interval
            do throws(DiscoveryError) {
                view.update(
                    try await lookup(host).map {
                        Instance(id: $0, service: view.service, endpoint: Origin(host: $0, port: port))
                    })
                delay.reset()
            } catch {
                if view.staleSince == nil { logger.warning("look-up failed", metadata: ["error": "\(error)"]) }
                view.fail(error, at: .now)
                pause = delay.next()
            }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }
}
