// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP
public import ApusResilience
public import ApusTelemetry
public import Logging
public import ServiceLifecycle
internal import Synchronization

/// Runs a service: opens what it needs, listens, says that it is ready, and ends in the order that loses nothing.
///
/// ```swift
/// let runtime = ServiceRuntime(settings)
/// runtime.addResource("database", open: { try await migrate() }, close: { await database.close() })
/// runtime.addServer(responder: router)
/// runtime.onReady("registry") { addresses in registrar.register(…) }
/// runtime.onDrain("registry") { await registrar.deregister(…) }
/// exit(await runtime.runUntilExit())
/// ```
///
/// Start: resources in order, background services, servers, the first round of health checks, readiness, `onReady` hooks.
/// End: readiness off, `onDrain` hooks in reverse, servers drained, background services in reverse, resources closed in
/// reverse. All of draining takes at most the drain timeout; what isn't done then is cut off, and that is logged.
///
/// Everything is added before it runs. Several runtimes may run in one process and share their loops.
public final class ServiceRuntime: Service {
    /// What the service was started with.
    public let settings: ServiceSettings
    /// The event loops that servers and clients of this runtime use.
    public let loops: EventLoops
    /// The health checks, and the phase that `/readyz` shows.
    public let health: HealthChecks
    /// Logs and metrics.
    public let telemetry: ServiceTelemetry
    /// Watches the loops; ``LoopWatchdog/operations`` is where the operations in flight are noted.
    public let watchdog: LoopWatchdog
    /// `/livez`, `/readyz`, `/health` and `/metrics`.
    public let ops: OpsEndpoints
    /// What is done on purpose to what the service does, as soon as somebody arms it; nil unless the settings allow it
    /// (`FAULTS`).
    public let faults: FaultInjector?

    /// Whether loops and watchdog end with this runtime.
    let ownsLoops: Bool
    let announce: @Sendable (ServerAddress) -> Void
    let trigger = ShutdownTrigger()
    let parts = Mutex(RuntimeParts())
    let progress = Mutex(RuntimeProgress())

    /// - Parameters:
    ///   - settings: Name, loops, drain timeout and so on.
    ///   - telemetry: Logs and metrics; by default logs to standard error.
    ///   - watchdog: The watched loops that several runtimes of a process share; who made them starts and stops them. By
    ///     default loops of its own, which end with it.
    ///   - announce: Called for each server that listens. By default prints `listening URL` on standard output.
    public init(
        _ settings: ServiceSettings, telemetry: ServiceTelemetry? = nil, sharing watchdog: LoopWatchdog? = nil,
        announce: @escaping @Sendable (ServerAddress) -> Void = StandardOutput.announce
    ) {
        self.settings = settings
        self.announce = announce
        let telemetry = telemetry ?? ServiceTelemetry(settings)
        self.telemetry = telemetry
        ownsLoops = watchdog == nil
        let watchdog =
            watchdog
            ?? LoopWatchdog(
                loops: EventLoops(count: settings.eventLoops), threshold: settings.loopBlockedAfter,
                logger: telemetry.logger(label: "apus.watchdog"))
        self.watchdog = watchdog
        loops = watchdog.loops
        health = HealthChecks(service: settings.name)
        ops = OpsEndpoints(health: health, metrics: telemetry.exposition)
        faults = settings.allowsFaults ? FaultInjector() : nil
        watchdog.feed(health)
        telemetry.observe(watchdog)
        telemetry.observe(health)
        if let faults {
            telemetry.observe(faults)
            telemetry.logger.warning("faults may be armed", metadata: ["path": "\(FaultsEndpoint.path)"])
        }
    }

    /// The process's logger.
    public var logger: Logger { telemetry.logger }

    /// What `/metrics` shows.
    public var metrics: MetricsRegistry { telemetry.metrics }

    /// Where the servers listen, in the order in which they were added; empty before they do.
    public var addresses: [ServerAddress] { progress.withLock { $0.addresses } }

    /// Adds something that is opened before the servers listen and closed when nothing uses it any more. What was opened
    /// is closed even if the start fails later.
    public func addResource(
        _ name: String, open: @escaping @Sendable () async throws -> Void = {},
        close: @escaping @Sendable () async throws -> Void
    ) {
        parts.withLock { $0.resources.append(.init(name: name, open: open, close: close)) }
    }

    /// Adds a server. Without a configuration it listens where the settings say.
    @discardableResult
    public func addServer(
        _ name: String = "http", configuration: HTTPServerConfiguration? = nil, handler: any HTTPHandler
    ) -> HTTPServer {
        add(name, HTTPServer(configuration: configuration ?? settings.server, loops: loops, handler: handler))
    }

    /// Adds a server whose requests are answered by asynchronous code.
    @discardableResult
    public func addServer(
        _ name: String = "http", configuration: HTTPServerConfiguration? = nil, responder: some HTTPResponder
    ) -> HTTPServer {
        add(name, HTTPServer(configuration: configuration ?? settings.server, loops: loops, responder: responder))
    }

    /// Adds a service that runs beside the servers: a worker, a relay, a pool. It runs until its graceful shutdown; one
    /// that ends before, or throws, ends the process with status 1.
    public func add(_ name: String, service: any Service) {
        parts.withLock { $0.background.append(.init(name: name, service: service)) }
    }

    /// Adds a health check, which also appears in the metrics.
    public func addCheck(
        _ name: String, _ configuration: HealthCheckConfiguration = .init(), check: @escaping HealthChecks.Check
    ) {
        health.add(name, configuration, check: check)
        telemetry.observe(check: name, of: health)
    }

    /// Calls `hook` with the servers' addresses when requests are welcome; to register. If it throws, the start failed.
    public func onReady(_ name: String = "ready", _ hook: @escaping @Sendable ([ServerAddress]) async throws -> Void) {
        parts.withLock { $0.readyHooks.append(.init(name: name, run: hook)) }
    }

    /// Calls `hook` when readiness is off and requests are still served; to deregister. Called only if the start came as
    /// far as the `onReady` hooks. What it throws is logged.
    public func onDrain(_ name: String = "drain", _ hook: @escaping @Sendable () async throws -> Void) {
        parts.withLock { $0.drainHooks.append(.init(name: name, run: hook)) }
    }

    /// Begins the shutdown, as SIGTERM does. Returns at once.
    public func stop() { trigger.request(.requested) }

    private func add(_ name: String, _ server: HTTPServer) -> HTTPServer {
        parts.withLock { $0.servers.append(.init(name: name, server: server)) }
        telemetry.observe(server: name, server.statistics)
        return server
    }
}
