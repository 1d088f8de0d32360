// SPDX-License-Identifier: Apache-2.0

/// The two text formats that Prometheus reads.
public enum PrometheusFormat: Sendable, Hashable {
    /// The classic text format, version 0.0.4.
    case text
    /// OpenMetrics, version 1.0.0.
    case openMetrics

    /// The response's `Content-Type`.
    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}
