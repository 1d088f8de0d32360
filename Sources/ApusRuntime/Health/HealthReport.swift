// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What is known of a process at one moment.
public struct HealthReport: Sendable {
    /// A check and what is known of it.
    public struct Check: Sendable, Hashable {
        /// The name under which it was added.
        public var name: String
        /// What is known of it.
        public var result: HealthCheckResult
    }

    /// The service's name.
    public var service: String
    /// Where the process is in its life.
    public var phase: ServicePhase
    /// In the order in which they were added.
    public var checks: [Check]
    /// Event loops that have not answered for longer than the liveness threshold, by index.
    public var blockedLoops: [Int]
    /// When this was so.
    public var at: Instant

    /// Down if a critical check is down, unknown if one is unknown, up otherwise.
    public var status: HealthStatus {
        let critical = checks.lazy.filter(\.result.isCritical).map(\.result.status)
        if critical.contains(.down) { return .down }
        return critical.contains(.unknown) ? .unknown : .up
    }

    /// Whether requests are welcome: the process is ready and every critical check is up.
    public var isReady: Bool { phase == .ready && status == .up }

    /// Whether the process works at all. Never depends on a check: a database that is down must not restart its clients.
    public var isLive: Bool { blockedLoops.isEmpty }

    /// The critical checks that are not up.
    public var failing: [String] {
        checks.filter { $0.result.isCritical && $0.result.status != .up }.map(\.name)
    }
}
