// SPDX-License-Identifier: Apache-2.0
public import ApusTelemetry

/// Answers `/livez`, `/readyz`, `/health` and `/metrics`, the same in every service and in the gateway's admin.
///
/// - `/livez`: 200 while the process works, 503 while an event loop is blocked for too long. Nothing outside the process
///   changes it.
/// - `/readyz`: 200 while requests are welcome, otherwise 503 with the phase and the failing checks.
/// - `/health`: every check with status, since, last error and duration; 503 unless all critical checks are up.
/// - `/metrics`: what ``Metrics`` gives for the `Accept` header.
///
/// It knows no HTTP types, so that a router and an admin listener can both serve it. Any thread may call it, and nothing
/// in it waits.
public struct OpsEndpoints: Sendable {
    /// The metrics of the process in the format that an `Accept` header asks for.
    public typealias Metrics = @Sendable (_ accept: String?) -> (contentType: String, body: [UInt8])

    private let health: HealthChecks
    private let metrics: Metrics
    private let wallTime: @Sendable () -> WallTime

    /// - Parameters:
    ///   - health: What the health endpoints show.
    ///   - metrics: What `/metrics` shows.
    ///   - wallTime: The time of day, for `since` and the like.
    public init(
        health: HealthChecks, metrics: @escaping Metrics, wallTime: @escaping @Sendable () -> WallTime = { .now }
    ) {
        self.wallTime = wallTime
        self.health = health
        self.metrics = metrics
    }

    /// The paths that are answered.
    public static let paths = ["/livez", "/readyz", "/health", "/metrics"]

    /// The answer for a `GET` or `HEAD` of `path` (without query), or nil if the path is not one of ``paths``.
    public func answer(path: some StringProtocol, accept: String? = nil) -> OpsResponse? {
        switch path {
        case "/livez": return HealthDocument.live(health.report())
        case "/readyz": return HealthDocument.ready(health.report())
        case "/health": return HealthDocument.health(health.report(), wallTime: wallTime())
        case "/metrics":
            let (contentType, body) = metrics(accept)
            return OpsResponse(status: 200, contentType: contentType, body: body)
        default: return nil
        }
    }
}
