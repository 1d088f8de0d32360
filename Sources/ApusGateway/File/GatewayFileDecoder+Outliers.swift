// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusYAML

extension GatewayFileDecoder {
    func outliers(_ value: ValueReader) -> OutlierConfiguration? {
        guard var fields = value.fields("a mapping, {} for the defaults") else { return nil }
        defer { fields.finish() }
        var outliers = OutlierConfiguration()
        fields.set(&outliers.consecutiveFailures, "consecutiveFailures") { $0.integerOrOff(in: 1...1_000_000) }
        fields.set(&outliers.consecutiveGatewayFailures, "consecutiveGatewayFailures") {
            $0.integerOrOff(in: 1...1_000_000)
        }
        fields.set(&outliers.interval, "interval") { $0.duration(in: .milliseconds(100)...(.seconds(3600))) }
        fields.set(&outliers.baseEjection, "ejectFor") { $0.duration(in: .milliseconds(100)...(.seconds(3600))) }
        let longest = fields.value("maxEjectFor")
        outliers.maximumEjection =
            longest?.duration(in: .milliseconds(100)...(.seconds(86_400)))
            ?? max(outliers.baseEjection, outliers.maximumEjection)
        if let longest, outliers.maximumEjection < outliers.baseEjection {
            longest.error("'\(longest.path)' must be at least 'ejectFor'")
        }
        fields.set(&outliers.jitter, "ejectForJitter") { $0.number(in: 0...1) }
        fields.set(&outliers.maximumEjected, "maxEjected") { $0.number(in: 0...1) }
        fields.set(&outliers.alwaysEjectOne, "alwaysEjectOne") { $0.boolean() }
        fields.set(&outliers.successRate, "successRate") { $0.orOff { successRate($0) } }
        fields.set(&outliers.failurePercentage, "failurePercentage") { $0.orOff { failurePercentage($0) } }
        return outliers
    }

    private func successRate(_ value: ValueReader) -> OutlierConfiguration.SuccessRate? {
        guard var fields = value.fields("'off', or a mapping, {} for the defaults") else { return nil }
        defer { fields.finish() }
        var rate = OutlierConfiguration.SuccessRate()
        fields.set(&rate.minimumHosts, "minInstances") { $0.integer(in: 2...10_000) }
        fields.set(&rate.minimumRequests, "minRequests") { $0.integer(in: 1...1_000_000) }
        fields.set(&rate.deviations, "deviations") { $0.number(in: 0...10) }
        return rate
    }

    private func failurePercentage(_ value: ValueReader) -> OutlierConfiguration.FailurePercentage? {
        guard var fields = value.fields("'off', or a mapping, {} for the defaults") else { return nil }
        defer { fields.finish() }
        var failures = OutlierConfiguration.FailurePercentage()
        fields.set(&failures.threshold, "threshold") { $0.integer(in: 1...100) }
        fields.set(&failures.minimumHosts, "minInstances") { $0.integer(in: 1...10_000) }
        fields.set(&failures.minimumRequests, "minRequests") { $0.integer(in: 1...1_000_000) }
        return failures
    }
}
