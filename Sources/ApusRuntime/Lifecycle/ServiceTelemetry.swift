// SPDX-License-Identifier: Apache-2.0
internal import ApusHTTP
internal import ApusResilience
public import ApusTelemetry
public import Logging
internal import Synchronization

/// Logs and metrics of a process.
public struct ServiceTelemetry: Sendable {
    /// Where log lines go. Flushed when the process ends.
    public let output: LogOutput
    /// The process's own logger; derive others by label with ``logger(label:)``.
    public let logger: Logger
    /// What `/metrics` shows.
    public let metrics: MetricsRegistry

    /// Logs as `configuration` says, and a registry with the metrics of the process.
    public init(_ configuration: LogConfiguration) {
        self.init(output: configuration.makeOutput(), metrics: MetricsRegistry())
        ProcessMetrics.register(in: metrics)
    }

    /// Logs to standard error, as `settings` say.
    public init(_ settings: ServiceSettings) {
        let resource = settings.resource
        var configuration = LogConfiguration(service: resource.service, level: settings.logLevel)
        configuration.attributes = resource.attributes
        self.init(configuration)
        resource.register(
            in: metrics,
            defaults: [.init("deployment.environment.name", settings.environment.rawValue)])
    }

    /// Logs to `output` and metrics into `metrics`, with nothing added.
    public init(output: LogOutput, metrics: MetricsRegistry) {
        self.output = output
        self.metrics = metrics
        logger = output.logger(label: "apus")
    }

    /// A logger to the same output.
    public func logger(label: String) -> Logger { output.logger(label: label) }

    /// The metrics in the format that an `Accept` header asks for.
    var exposition: OpsEndpoints.Metrics {
        { [metrics] accept in
            let format = PrometheusText.format(forAccept: accept)
            return (format.contentType, PrometheusText.write(metrics, format))
        }
    }

    func observe(_ watchdog: LoopWatchdog) {
        metrics.counter("apus_event_loop_blocked_total", "How often an event loop was found blocked.") {
            Double(watchdog.incidents)
        }
        metrics.gauge("apus_event_loops_blocked", "Event loops that are blocked now.") { Double(watchdog.blockedLoops) }
        metrics.counter("apus_log_lines_lost_total", "Log lines that were lost for want of room.") { [output] in
            Double(output.sink.lostLines)
        }
    }

    func observe(_ health: HealthChecks) {
        metrics.gauge("apus_ready", "1 while requests are welcome.") { health.report().isReady ? 1 : 0 }
    }

    func observe(_ faults: FaultInjector) {
        metrics.counter("apus_faults_injected_total", "Faults that were injected on purpose.") {
            Double(faults.injected)
        }
    }

    func observe(check name: String, of health: HealthChecks) {
        metrics.gauge("apus_health_check_up", "1 for up, 0 for down, absent while unknown.", labels: ["check": name]) {
            switch health.report().checks.first(where: { $0.name == name })?.result.status {
            case .up: 1
            case .down: 0
            case .unknown, nil: nil
            }
        }
    }

    func observe(server name: String, _ statistics: ServerStatistics) {
        let labels: KeyValuePairs = ["server": name]
        metrics.gauge("apus_server_connections", "Connections that are open now.", labels: labels) {
            Double(statistics.openConnections.load(ordering: .relaxed))
        }
        metrics.counter("apus_server_connections_accepted_total", "Connections accepted.", labels: labels) {
            Double(statistics.acceptedConnections.load(ordering: .relaxed))
        }
        metrics.counter("apus_server_connections_refused_total", "Connections above the limit.", labels: labels) {
            Double(statistics.refusedConnections.load(ordering: .relaxed))
        }
        metrics.counter("apus_server_requests_total", "Requests whose head was valid.", labels: labels) {
            Double(statistics.requests.load(ordering: .relaxed))
        }
        metrics.counter("apus_server_protocol_errors_total", "Requests that broke a rule or limit.", labels: labels) {
            Double(statistics.protocolErrors.load(ordering: .relaxed))
        }
        metrics.counter("apus_server_timeouts_total", "Connections closed as too slow.", labels: labels) {
            Double(statistics.timeouts.load(ordering: .relaxed))
        }
        metrics.counter("apus_server_cancelled_total", "Requests whose client went away.", labels: labels) {
            Double(statistics.cancelled.load(ordering: .relaxed))
        }
    }
}
