// SPDX-License-Identifier: Apache-2.0

/// What kind of number a metric is.
public enum MetricKind: String, Sendable {
    /// Only grows, from zero at the start of the process.
    case counter
    /// Goes up and down.
    case gauge
    /// Counts values by ranges.
    case histogram
}
