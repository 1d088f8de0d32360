// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The metrics of a process, or of one part of it that is scraped alone.
///
/// Instruments are made here once and held by who records on them; recording never comes back to the registry.
///
/// ```swift
/// let registry = MetricsRegistry()
/// let lost = registry.counter("jobs_lost_total", "Jobs given up after their last attempt.")
/// let depth = registry.gauges("queue_depth", "Messages waiting.", labels: ["topic"])
/// let orders = depth.labels(["orders"])
/// lost.increment()
/// orders.set(17)
/// ```
///
/// - Asking twice for the same name and labels gives the same instrument.
/// - Names are made valid where they aren't: a byte that Prometheus doesn't allow becomes `_`. A counter may be named
///   with or without `_total`.
/// - A name that is already taken by a metric of another kind or with other buckets, or that another metric's series
///   use (`x_count` beside a histogram `x`), gives an instrument that works but is not exposed; ``conflicts`` names it,
///   and
///   `telemetry_metric_conflicts` counts them. A metric never stops the service.
/// - A family has at most `seriesLimit` series. Past that, new label values share the series `overflow="true"`, and
///   `telemetry_series_dropped_total{metric="…"}` counts them.
public final class MetricsRegistry: Sendable {
    private struct Families {
        var byName: [String: MetricFamily] = [:]
        /// Every name that appears in an exposition, and the family that it belongs to.
        var taken: [String: String] = [:]
        var conflicts: [String] = []
    }

    /// The conflicts that are remembered by name.
    private static let conflictLimit = 100

    /// The most series of one family.
    public let seriesLimit: Int
    private let families = Mutex(Families())

    /// - Parameter seriesLimit: the most series of one family; 1,000 by default, at least 1.
    public init(seriesLimit: Int = 1000) {
        self.seriesLimit = max(1, seriesLimit)
    }

    /// The names that could not be exposed, because something else already had them; empty in a sound program.
    public var conflicts: [String] { families.withLock { $0.conflicts } }

    /// Every family that has series, sorted by name, with its values now.
    public var snapshot: [MetricSnapshot] {
        let (all, conflicts) = families.withLock { (Array($0.byName.values), $0.conflicts.count) }
        let dropped = all.compactMap { family in
            let count = family.dropped
            return count > 0
                ? MetricSample(labels: MetricLabels([("metric", family.name)]), value: .integer(count)) : nil
        }
        var snapshots = all.map(\.snapshot)
        snapshots.append(
            MetricSnapshot(
                name: "telemetry_series_dropped",
                help: "Requests for a new series that were sent to the overflow series.",
                kind: .counter, samples: dropped.sorted { $0.labels.description < $1.labels.description }))
        if conflicts > 0 {
            snapshots.append(
                MetricSnapshot(
                    name: "telemetry_metric_conflicts", help: "Metrics not exposed because their name was taken.",
                    kind: .gauge, samples: [MetricSample(labels: .none, value: .integer(UInt64(conflicts)))]))
        }
        return snapshots.filter { !$0.samples.isEmpty }.sorted { $0.name < $1.name }
    }

    /// The family of this name, kind and buckets; a detached one if the name is taken by something else.
    func family(_ name: String, _ help: String, _ kind: MetricKind, buckets: Buckets? = nil) -> MetricFamily {
        let name = Self.baseName(name, kind)
        return families.withLock { families in
            if let known = families.byName[name], known.kind == kind, known.buckets == buckets { return known }
            let new = MetricFamily(name: name, help: help, kind: kind, buckets: buckets, limit: seriesLimit)
            let names = Self.exposedNames(name, kind)
            guard families.byName[name] == nil, names.allSatisfy({ families.taken[$0] == nil }) else {
                if families.conflicts.count < Self.conflictLimit, !families.conflicts.contains(name) {
                    families.conflicts.append(name)
                }
                return new
            }
            families.byName[name] = new
            for exposed in names { families.taken[exposed] = name }
            return new
        }
    }

    /// The name without what a format adds to it.
    private static func baseName(_ name: String, _ kind: MetricKind) -> String {
        let name = MetricName.metric(name)
        guard kind == .counter, name.hasSuffix("_total"), name.utf8.count > 6 else { return name }
        return String(name.dropLast(6))
    }

    /// The names of the family's series in any format.
    private static func exposedNames(_ name: String, _ kind: MetricKind) -> [String] {
        switch kind {
        case .counter: [name, name + "_total"]
        case .gauge: [name]
        case .histogram: [name, name + "_bucket", name + "_count", name + "_sum"]
        }
    }
}
