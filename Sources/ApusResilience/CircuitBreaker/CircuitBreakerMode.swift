// SPDX-License-Identifier: Apache-2.0

/// Whether a circuit breaker acts on what it sees. A person sets it, in the configuration or at run time.
///
/// A switch starts a new generation: outcomes of calls that were let through before it are late. The window, the run of
/// failures and the growth of the open time start afresh, the counters and the history stay.
public enum CircuitBreakerMode: String, Sendable, Hashable, CaseIterable {
    /// Trips and recovers.
    case enabled
    /// Lets everything through and records nothing, not even the counters.
    case disabled
    /// Lets everything through, records, and tells of the first time that each signal would have tripped it: once per
    /// signal until the next switch or reset.
    case metricsOnly
    /// Rejects everything until a person decides otherwise.
    case forcedOpen
    /// Lets everything through and records, but never trips.
    case forcedClosed
}
