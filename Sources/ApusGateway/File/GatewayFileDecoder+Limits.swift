// SPDX-License-Identifier: Apache-2.0
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
        fields.finish()
        return limits
    }
}
