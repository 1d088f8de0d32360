// SPDX-License-Identifier: Apache-2.0

/// A family of series at one moment, as formats and pages read it.
public struct MetricSnapshot: Sendable, Equatable {
    /// The name, without the `_total` that formats add to counters.
    public let name: String
    public let help: String
    public let kind: MetricKind
    /// The series, sorted by their labels' text.
    public let samples: [MetricSample]

    public init(name: String, help: String, kind: MetricKind, samples: [MetricSample]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.samples = samples
    }
}
