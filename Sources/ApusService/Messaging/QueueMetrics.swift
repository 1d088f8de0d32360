// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import ApusMessaging
public import ApusTelemetry

/// Counts what happens in a queue.
///
/// `apus_queue_events_total` with `channel`, `type` and `event` (`published`, `duplicate`, `refused`, `handled`, `retried`,
/// `dead`, `lease_lost`, `given_back`, `stuck`), `apus_queue_handling_seconds`, and `apus_queue_storage_failures_total`.
public final class QueueMetrics: QueueObserver {
    private let events: CounterFamily<3>
    private let durations: HistogramFamily<2>
    private let failures: CounterFamily<1>

    /// Adds the three metrics to `metrics`.
    public init(_ metrics: MetricsRegistry) {
        events = metrics.counters(
            "apus_queue_events_total", "What happened to messages.", labels: ["channel", "type", "event"])
        durations = metrics.histograms(
            "apus_queue_handling_seconds", "How long handlers took that succeeded.", labels: ["channel", "type"])
        failures = metrics.counters(
            "apus_queue_storage_failures_total", "How often the queue's store failed.", labels: ["channel"])
    }

    public func observe(_ event: QueueEvent) {
        switch event {
        case .published(let type, let channel): count("published", type, channel)
        case .duplicate(let type, let channel): count("duplicate", type, channel)
        case .refused(let type, let channel): count("refused", type, channel)
        case .handled(let type, let channel, let duration):
            count("handled", type, channel)
            durations.labels([channel.name, type]).record(duration)
        case .retried(let type, let channel, _, _, _): count("retried", type, channel)
        case .dead(let type, let channel, _, _): count("dead", type, channel)
        case .leaseLost(let type, let channel): count("lease_lost", type, channel)
        case .givenBack(let type, let channel): count("given_back", type, channel)
        case .stuck(let type, let channel): count("stuck", type, channel)
        case .storageFailed(let channel, _): failures.labels([channel.name]).increment()
        }
    }

    private func count(_ event: String, _ type: String, _ channel: Channel) {
        events.labels([channel.name, type, event]).increment()
    }
}
