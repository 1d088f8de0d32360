// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusDiscovery
public import ApusHTTP
import ApusResilience
public import ApusTelemetry
public import Logging
import NIOCore
import Synchronization

/// An API gateway: takes requests on its listeners and forwards them to the services that its routes name.
///
/// Three layers, from the file to the wire: an immutable ``GatewayConfiguration`` is compiled to an immutable model,
/// which is swapped as a whole; what must outlive it (instances with their connections, health and breakers, and what
/// clients have used of their limits) hangs on stable identities beside it. A request is handled on the event loop that
/// accepted it, from the first byte to the last.
///
/// Safe to use from any thread.
public final class Gateway: Sendable {
    /// What the gateway was made from.
    public let configuration: GatewayConfiguration
    let box: ModelBox
    let state: GatewayState
    let loops: EventLoops
    let logger: Logger
    /// Off unless the admin endpoint arms it.
    let faults = FaultInjector()
    private let resolver: (any Resolver)?
    private let contexts: [LoopContext]
    private let background = Mutex(Background())

    private struct Background {
        var probers: [ObjectIdentifier: HealthProber] = [:]
        var watches: [Task<Void, Never>] = []
    }

    /// Compiles a configuration. Nothing is connected before ``start()``.
    ///
    /// - Parameters:
    ///   - loops: The event loops of the servers that use ``handler``.
    ///   - metrics: Where the gateway's metrics go.
    ///   - resolver: Finds the services that the file says to discover.
    ///   - tokens: Verifies tokens; needed if the configuration has `auth`.
    ///   - accessLog: Takes a JSON line for each request; nil for none.
    /// - Throws: ``InvalidConfiguration`` with what is wrong.
    public init(
        _ configuration: GatewayConfiguration, loops: EventLoops, metrics: MetricsRegistry, logger: Logger,
        resolver: (any Resolver)? = nil, tokens: (any RequestAuthenticator)? = nil, accessLog: LogSink? = nil
    ) throws(InvalidConfiguration) {
        guard configuration.auth == nil || tokens != nil else {
            throw InvalidConfiguration([ConfigurationProblem("auth", "this gateway has nothing that verifies tokens")])
        }
        try configuration.checkTLS()
        self.configuration = configuration
        self.loops = loops
        self.logger = logger
        self.resolver = resolver
        state = GatewayState(loops: loops.all.count, events: GatewayEvents(logger: logger, registry: metrics))
        let model = try GatewayModel(configuration, state: state, registry: metrics, tokens: tokens)
        let box = ModelBox(model)
        self.box = box
        let log = accessLog.map { AccessLog(sink: $0) }
        var contexts: [LoopContext] = []
        for loop in loops.all { contexts.append(try LoopContext(box, loop: loop, log: log, faults: faults)) }
        self.contexts = contexts
        let faults = faults
        metrics.counter("apus_gateway_faults_injected", "Faults that were injected on purpose.") {
            Double(faults.injected)
        }
    }

    /// What answers the requests of a listener.
    public var handler: any HTTPHandler { ProxyHandler(contexts: contexts) }

    /// Begins health checks and discovery, and waits until every discovered service has its first answer, for at most
    /// `limit`: who is told that the gateway is ready may send requests at once.
    public func start(waiting limit: Duration = .seconds(2)) async throws(InvalidConfiguration) {
        for service in box.current.services {
            switch service.configuration.source {
            case .endpoints(let endpoints):
                try update(service, endpoints.map { ListedInstance($0) })
            case .discover(let name):
                guard let resolver else {
                    throw InvalidConfiguration([
                        ConfigurationProblem("services.\(service.name).discover", "there is no registry to ask")
                    ])
                }
                watch(resolver.view(of: name), for: service)
            }
        }
        await firstAnswers(within: limit)
    }

    /// Ends health checks and discovery, and closes every connection to an instance.
    public func stop() async {
        let ended = background.withLock { background in
            defer { background = Background() }
            return background
        }
        for watch in ended.watches { watch.cancel() }
        for prober in ended.probers.values { prober.stop() }
        let services = box.current.services
        for loop in loops.all {
            await withCheckedContinuation { continuation in
                loop.eventLoop.execute {
                    for service in services { service.shutdown(on: loop) }
                    continuation.resume()
                }
            }
        }
    }

    // MARK: Instances

    private func update(
        _ service: ServiceState, _ listed: [ListedInstance]
    ) throws(InvalidConfiguration) {
        let (added, removed) = try service.update(listed)
        guard let check = service.configuration.healthCheck else { return }
        background.withLock { background in
            for instance in removed {
                background.probers.removeValue(forKey: ObjectIdentifier(instance))?.stop()
            }
            for instance in added {
                let loop = loops.all[background.probers.count % loops.all.count]
                let prober = HealthProber(
                    instance, service: service, check: check, loop: loop, logger: logger)
                background.probers[ObjectIdentifier(instance)] = prober
                prober.start()
            }
        }
    }

    private func watch(_ view: ServiceView, for service: ServiceState) {
        let changes = view.changes
        let task = Task { [weak self] in
            for await set in changes where set.status == .resolved {
                self?.take(set, for: service)
            }
        }
        background.withLock { $0.watches.append(task) }
    }

    private func take(_ set: InstanceSet, for service: ServiceState) {
        do throws(InvalidConfiguration) {
            try update(service, set.instances.map { ListedInstance($0) })
            logger.info(
                "instances changed", metadata: ["upstream": "\(service.name)", "count": "\(set.instances.count)"])
        } catch {
            logger.error("instances can't be used", metadata: ["upstream": "\(service.name)", "error": "\(error)"])
        }
    }

    private func firstAnswers(within limit: Duration) async {
        guard let resolver else { return }
        let deadline = Instant.now.advanced(by: limit)
        for service in box.current.services {
            guard case .discover(let name) = service.configuration.source else { continue }
            let view = resolver.view(of: name)
            while Instant.now < deadline, !Task.isCancelled {
                let set = view.current
                if set.status == .resolved, service.instances.count == set.instances.count { break }
                // Cancelled: the caller gives the wait up.
                do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
            }
        }
    }
}
