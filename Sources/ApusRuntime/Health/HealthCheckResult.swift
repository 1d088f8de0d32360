// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What is known of one check.
public struct HealthCheckResult: Sendable, Hashable {
    /// Whether the last checks succeeded; unknown before the first has ended.
    public var status: HealthStatus
    /// Since when the status has been the same.
    public var since: Instant
    /// Why the last failed check failed; it stays after a recovery. Holds no text of an error that could hold a secret.
    public var lastError: String?
    /// When that was.
    public var lastErrorAt: Instant?
    /// How long the last check took; the timeout if it was given up.
    public var duration: Duration?
    /// When the last check ended or was given up.
    public var checkedAt: Instant?
    /// Whether the service is of no use without it.
    public var isCritical: Bool
}
