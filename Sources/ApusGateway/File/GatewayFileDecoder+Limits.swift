// SPDX-License-Identifier: Apache-2.0
import ApusResilience
import ApusYAML

extension GatewayFileDecoder {
    func readLimits(_ value: ValueReader) -> LimitsConfiguration? {
        guard var fields = value.fields("a mapping of limits") else { return nil }
        var limits = LimitsConfiguration()
        fields.set(&limits.headerBytes, "headerBytes") { $0.bytes(in: 1_024...(1 << 20)) }
        fields.set(&limits.headerCount, "headerCount") { $0.integer(in: 1...10_000) }
        fields.set(&limits.uriBytes, "uriBytes") { $0.bytes(in: 64...(1 << 20)) }
        fields.set(&limits.bodyBytes, "bodyBytes") { $0.bytes(in: 0...(1 << 50)) }
        fields.set(&limits.connections, "connections") { $0.integer(in: 1...10_000_000) }
        fields.set(&limits.readHeadTimeout, "readHeadTimeout") { $0.duration() }
        fields.set(&limits.bodyTimeout, "bodyTimeout") { $0.duration() }
        fields.set(&limits.idleTimeout, "idleTimeout") { $0.duration() }
        fields.set(&limits.encodedSlashes, "encodedSlashes") { $0.boolean() }
        fields.set(&limits.shedding, "shedding") { $0.orOff { shedding($0) } }
        fields.finish()
        return limits
    }

    private func shedding(_ value: ValueReader) -> SheddingConfiguration? {
        guard var fields = value.fields("'off', or a mapping, {} for the defaults") else { return nil }
        defer { fields.finish() }
        var shedding = SheddingConfiguration()
        fields.set(&shedding.targetDelay, "targetDelay") { $0.duration(in: .milliseconds(1)...(.seconds(10))) }
        fields.set(&shedding.maxInFlight, "maxInFlight") { $0.integer(in: 1...10_000_000) }
        return shedding
    }

    /// The limit of requests at once that the latencies make.
    func adaptive(_ value: ValueReader) -> AdaptiveConcurrencyConfiguration? {
        guard var fields = value.fields("a mapping, {} for the defaults") else { return nil }
        defer { fields.finish() }
        var adaptive = AdaptiveConcurrencyConfiguration()
        let (least, most, first) = (fields.value("min"), fields.value("max"), fields.value("initial"))
        if let number = least?.integer(in: 1...1_000_000) { adaptive.minimumLimit = number }
        adaptive.maximumLimit =
            most?.integer(in: 1...1_000_000) ?? max(adaptive.maximumLimit, adaptive.minimumLimit)
        if let most, adaptive.maximumLimit < adaptive.minimumLimit {
            most.error("'\(most.path)' must be at least 'min'")
            adaptive.maximumLimit = adaptive.minimumLimit
        }
        let range = adaptive.minimumLimit...adaptive.maximumLimit
        adaptive.initialLimit =
            first?.integer(in: range)
            ?? min(max(adaptive.initialLimit, range.lowerBound), range.upperBound)
        fields.set(&adaptive.tolerance, "tolerance") { $0.number(in: 1.05...10) }
        fields.set(&adaptive.smoothing, "smoothing") { $0.number(in: 0.01...1) }
        fields.set(&adaptive.window, "window") { $0.duration(in: .milliseconds(1)...(.seconds(60))) }
        fields.set(&adaptive.minimumSamples, "minSamples") { $0.integer(in: 1...100_000) }
        return adaptive
    }
}
