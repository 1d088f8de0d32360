// SPDX-License-Identifier: Apache-2.0
import ApusResilience
import ApusTelemetry

/// Counts what is refused for there being too much, by priority and reason.
struct ShedMetrics: Sendable {
    /// By priority, and for each by reason, in the order of ``ShedReason``'s cases.
    private let counters: [[Counter]]

    init(in registry: MetricsRegistry) {
        counters = CallPriority.allCases.map { priority in
            ShedReason.allCases.map { reason in
                registry.counter(
                    "apus_gateway_shed", "Requests refused for there being too many, by priority and reason.",
                    labels: ["priority": "\(priority)", "reason": reason.rawValue])
            }
        }
    }

    func count(_ priority: CallPriority, _ reason: ShedReason) {
        guard let place = ShedReason.allCases.firstIndex(of: reason) else { return }
        counters[Int(priority.rawValue)][place].increment()
    }
}
