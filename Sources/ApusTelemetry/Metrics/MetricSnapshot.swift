// SPDX-License-Identifier: Apache-2.0

/// A family of series at one moment, as formats and pages read it.
public struct MetricSnapshot: Sendable, Equatable {
    /// The name, without the `_total` that formats add to counters.
    public let name: String
    /// A sentence for who reads the exposition.
    public let help: String
    /// What kind of number its samples are.
    public let kind: MetricKind
    /// The series, sorted by their labels' text.
    public let samples: [MetricSample]

    /// - Parameters:
    ///   - name: a valid name, without `_total`.
    ///   - help: a sentence for who reads the exposition.
    ///   - kind: what kind of number the samples are.
    ///   - samples: one for each set of labels.
    public init(name: String, help: String, kind: MetricKind, samples: [MetricSample]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.samples = samples
    }
}
