// SPDX-License-Identifier: Apache-2.0
/// What a process says of itself in its logs and metrics: its service's name, and attributes such as
/// `service.version` or `deployment.environment.name`.
///
/// Source: OpenTelemetry, Resource semantic conventions.
public struct TelemetryResource: Sendable, Hashable {
    /// One thing that is said.
    public struct Attribute: Sendable, Hashable {
        /// In lower case with dots, as the conventions name it.
        public let key: String
        public let value: String

        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// The attribute that holds the service's name.
    public static let serviceNameKey = "service.name"

    /// The service's name; empty for none.
    public let service: String
    /// All else, each key once.
    public let attributes: [Attribute]

    public init(service: String, attributes: [Attribute] = []) {
        self.service = service
        self.attributes = attributes
    }

    /// Adds the gauge `target_info`, always 1, whose labels are the resource: its attributes with dots as underscores.
    /// Joined with other metrics by who scrapes, so that those needn't carry the labels.
    ///
    /// - Parameter defaults: attributes for keys that the resource doesn't have.
    ///
    /// Source: OpenTelemetry, Prometheus and OpenMetrics compatibility, "Resource attributes".
    public func register(in metrics: MetricsRegistry, defaults: [Attribute] = []) {
        var labels = defaults + attributes
        labels.append(Attribute(Self.serviceNameKey, service))
        metrics.gauge(
            "target_info", "What the process says of itself.", labels: MetricLabels(labels.map { ($0.key, $0.value) })
        ).set(1)
    }
}
