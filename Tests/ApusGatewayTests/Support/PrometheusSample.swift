// SPDX-License-Identifier: Apache-2.0
import ApusTelemetry

enum PrometheusSample {
    static func text(_ registry: MetricsRegistry) -> [UInt8] { PrometheusText.write(registry) }
}
