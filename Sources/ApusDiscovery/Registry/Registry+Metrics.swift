// SPDX-License-Identifier: Apache-2.0
public import ApusTelemetry
import Synchronization

extension Registry {
    /// Shows the registry's figures in `metrics`, as `apus_registry_…`.
    public func observe(in metrics: MetricsRegistry) {
        let statistics = statistics
        metrics.gauge("apus_registry_instances", "Instances that are listed.") { Double(self.count) }
        metrics.gauge("apus_registry_watchers", "Watchers that wait for news.") { Double(self.waiting) }
        metrics.counter("apus_registry_registrations_total", "Leases granted.") {
            Double(statistics.registrations.load(ordering: .relaxed))
        }
        metrics.counter("apus_registry_renewals_total", "Leases renewed.") {
            Double(statistics.renewals.load(ordering: .relaxed))
        }
        metrics.counter("apus_registry_expirations_total", "Leases that ran out.") {
            Double(statistics.expirations.load(ordering: .relaxed))
        }
        metrics.counter("apus_registry_rejections_total", "Requests refused.") {
            Double(statistics.rejections.load(ordering: .relaxed))
        }
        metrics.counter("apus_registry_storage_failures_total", "Writes to the file that failed.") {
            Double(statistics.storageFailures.load(ordering: .relaxed))
        }
    }
}
