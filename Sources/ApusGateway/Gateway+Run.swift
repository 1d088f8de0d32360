// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusDiscovery
import ApusHTTP
import ApusRuntime
import ApusTelemetry
import Foundation
import Logging

extension Gateway {
    /// Runs a gateway as `apus gateway --config FILE` does: prints `ready http://ADDRESS` on standard output once it
    /// serves, drains on SIGTERM or SIGINT, and comes back when it is done.
    ///
    /// - Parameters:
    ///   - configurationFile: The gateway file.
    ///   - environment: Where `LOG_LEVEL`, `APUS_EVENT_LOOPS` and a few more are read; nil for the process's.
    ///   - adjust: Changes what the file says before it is used, for what a command line overrides.
    /// - Returns: the exit status: 0 drained, 1 the work failed, 2 the file or the settings are wrong. What was wrong has
    ///   been written to standard error.
    public static func run(
        configurationFile: String, environment: [String: String]? = nil,
        adjust: (inout GatewayConfiguration) -> Void = { _ in }
    ) async -> Int32 {
        do {
            let file = try GatewayFile.read(path: configurationFile)
            for problem in file.problems { StandardOutput.writeError("\(problem)\n") }
            guard var configuration = file.configuration else { return 2 }
            adjust(&configuration)
            let environment = environment ?? ProcessInfo.processInfo.environment
            let settings = try settings(environment, drainTimeout: configuration.drainTimeout)
            let tokens = try await configuration.auth?.verifier(environment: environment)
            let runtime = ServiceRuntime(settings, announce: { _ in })
            let log = try AccessLog.open(configuration.accessLog)
            let discovery = try discovery(configuration, runtime)
            let gateway = try Gateway(
                configuration, loops: runtime.loops, metrics: runtime.metrics, logger: runtime.logger,
                resolver: discovery?.resolver, tokens: tokens, accessLog: log?.sink)
            gateway.install(in: runtime, discovery: discovery) { addresses in
                if let first = addresses.first { StandardOutput.write("ready \(first)\n") }
            }
            let status = await runtime.runUntilExit()
            log?.sink.flush()
            return status
        } catch {
            StandardOutput.writeError("apus gateway: \(error)\n")
            return error is GatewayStartError ? 1 : 2
        }
    }

    /// Adds the gateway to a runtime: its background work, a server for each listener, the admin endpoint, a health
    /// check for each service.
    ///
    /// - Parameter announce: Called with the addresses of the listeners, in their order, and then the admin's, once the
    ///   gateway serves.
    func install(
        in runtime: ServiceRuntime, discovery: Discovery?, announce: @escaping @Sendable ([ServerAddress]) -> Void
    ) {
        if let discovery {
            runtime.addResource("discovery", close: { await discovery.shutdown() })
        }
        runtime.addResource(
            "instances", open: { try await self.start() }, close: { await self.stop() })
        for (index, listener) in configuration.listeners.enumerated() {
            runtime.addServer("listener \(index)", configuration: server(for: listener), handler: handler)
        }
        if let admin = configuration.admin {
            runtime.addServer(
                "admin", configuration: HTTPServerConfiguration(address: admin),
                handler: AdminHandler(
                    box: box, operations: runtime.ops,
                    faults: FaultsEndpoint(faults, .gateway, logger: logger)))
        }
        for service in box.current.services {
            var check = ApusRuntime.HealthCheckConfiguration()
            check.isCritical = false
            runtime.addCheck("service \(service.name)", check) {
                guard service.hasUsableInstance else { throw GatewayStartError("no instance is usable") }
            }
        }
        runtime.onReady("announce") { announce($0) }
    }

    private func server(for listener: ListenerConfiguration) -> HTTPServerConfiguration {
        let limits = configuration.limits
        var server = HTTPServerConfiguration(address: listener.address)
        server.tls = listener.tls.map { ServerTLS(certificateFile: $0.certificate, privateKeyFile: $0.key) }
        server.headLimits = HeadLimits(
            targetBytes: limits.uriBytes, headBytes: limits.headerBytes, fieldCount: limits.headerCount)
        server.maximumBodyBytes = limits.bodyBytes
        server.maximumConnections = limits.connections
        server.headTimeout = limits.readHeadTimeout
        server.bodyTimeout = limits.bodyTimeout
        server.writeTimeout = limits.bodyTimeout
        server.idleTimeout = limits.idleTimeout
        return server
    }

    /// The settings that a gateway has beside its file. Others, such as a service's `DATABASE_URL`, aren't looked at.
    private static func settings(
        _ environment: [String: String], drainTimeout: Duration
    ) throws -> ServiceSettings {
        let known = [
            "SERVICE_NAME", "APUS_EVENT_LOOPS", "LOG_LEVEL", "ENVIRONMENT", "APUS_LOOP_BLOCKED_AFTER",
            "APUS_SUPERVISED", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES",
        ]
        var settings = Settings(environment: environment.filter { known.contains($0.key) })
        var service = ServiceSettings(from: &settings, name: "gateway")
        try settings.validate()
        service.drainTimeout = drainTimeout
        return service
    }

    private static func discovery(
        _ configuration: GatewayConfiguration, _ runtime: ServiceRuntime
    ) throws -> Discovery? {
        guard let registry = configuration.registry else { return nil }
        return try Discovery.make(
            registryURL: registry, client: HTTPClient(loops: runtime.loops), logger: runtime.logger)
    }
}
