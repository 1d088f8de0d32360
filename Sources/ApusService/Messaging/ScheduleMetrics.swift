// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import ApusMessaging
public import ApusTelemetry

/// Counts what happens to schedules.
///
/// `apus_schedule_events_total` with `schedule` and `event` (`published`, `duplicate`: by another instance, `failed`,
/// `gave_up`, `missed`), and `apus_schedule_lateness_seconds`: how long after it was due a message was stored.
public final class ScheduleMetrics: ScheduleObserver {
    private let events: CounterFamily<2>
    private let lateness: HistogramFamily<1>

    /// Adds the two metrics to `metrics`.
    public init(_ metrics: MetricsRegistry) {
        events = metrics.counters(
            "apus_schedule_events_total", "What happened to schedules.", labels: ["schedule", "event"])
        lateness = metrics.histograms(
            "apus_schedule_lateness_seconds", "How long after it was due a scheduled message was stored.",
            labels: ["schedule"])
    }

    public func observe(_ event: ScheduleEvent) {
        switch event {
        case .published(let schedule, _, .stored, let late):
            count("published", schedule)
            lateness.labels([schedule]).record(late)
        case .published(let schedule, _, .duplicate, _): count("duplicate", schedule)
        case .failed(let schedule, _, _, _, _): count("failed", schedule)
        case .gaveUp(let schedule, _): count("gave_up", schedule)
        case .missed(let schedule, _): count("missed", schedule)
        }
    }

    private func count(_ event: String, _ schedule: String) {
        events.labels([schedule, event]).increment()
    }
}
