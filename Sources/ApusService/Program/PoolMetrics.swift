// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusSQL
import ApusTelemetry

/// A database's connection pool in `/metrics`, under OpenTelemetry's names for database clients.
struct PoolMetrics {
    let pool: any PooledDatabase
    let metrics: MetricsRegistry

    func register() {
        gauge("count", "Open connections to the database.", state: "idle") { $0.idle }
        gauge("count", "Open connections to the database.", state: "used") { $0.leased }
        gauge("pending_requests", "Callers that wait for a connection.", state: nil) { $0.waiting }
        counter("timeouts", "Callers that waited for a connection in vain.") { $0.timeouts }
        counter("rejections", "Callers refused because too many waited.") { $0.rejected }
        counter("dials", "Connections that were tried to be opened.") { $0.dials }
        counter("dial_failures", "Connections that couldn't be opened.") { $0.dialFailures }
        counter("leaks", "Connections that weren't given back in time.") { $0.leaks }
        let pool = pool
        metrics.counter(
            "db_client_connection_wait_seconds", "Time that callers waited for a connection, of those that got one.",
            reading: { Double(pool.statistics.waited.nanoseconds) / 1e9 })
    }

    private func gauge(
        _ name: String, _ help: String, state: String?, _ read: @escaping @Sendable (PoolStatistics) -> Int
    ) {
        let pool = pool
        let reading: @Sendable () -> Double? = { Double(read(pool.statistics)) }
        let name = "db_client_connection_\(name)"
        if let state {
            metrics.gauge(name, help, labels: ["state": state], reading: reading)
        } else {
            metrics.gauge(name, help, reading: reading)
        }
    }

    private func counter(_ name: String, _ help: String, _ read: @escaping @Sendable (PoolStatistics) -> Int) {
        let pool = pool
        metrics.counter("db_client_connection_\(name)", help, reading: { Double(read(pool.statistics)) })
    }
}
