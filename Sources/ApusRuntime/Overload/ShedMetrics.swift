// SPDX-License-Identifier: Apache-2.0
public import ApusResilience
public import ApusTelemetry

/// Counts what is refused for there being too much, by priority and reason.
public struct ShedMetrics: Sendable {
    /// By priority, and for each by reason, in the order of ``ShedReason``'s cases; nil for a reason that isn't shown.
    private let counters: [[Counter?]]

    /// - Parameters:
    ///   - name: the name of the counter.
    ///   - reasons: those that can occur; others aren't counted.
    public init(_ name: String, reasons: [ShedReason], in registry: MetricsRegistry) {
        counters = CallPriority.allCases.map { priority in
            ShedReason.allCases.map { reason in
                guard reasons.contains(reason) else { return nil }
                return registry.counter(
                    name, "Requests refused for there being too many, by priority and reason.",
                    labels: ["priority": "\(priority)", "reason": reason.rawValue])
            }
        }
    }

    /// One more was refused.
    public func count(_ priority: CallPriority, _ reason: ShedReason) {
        guard let place = ShedReason.allCases.firstIndex(of: reason) else { return }
        counters[Int(priority.rawValue)][place]?.increment()
    }
}
