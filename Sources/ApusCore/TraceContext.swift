// SPDX-License-Identifier: Apache-2.0

/// The W3C trace context of a call: which trace it belongs to, and which span is its parent.
///
/// Source: W3C Trace Context, level 1 and 2. A malformed `traceparent` is ignored and a new trace begins; a higher
/// version than 00 is read by the rules of 00; `tracestate` is passed on as it came, at most 512 bytes.
public struct TraceContext: Sendable, Hashable {
    /// The first 8 bytes of the trace id.
    public let traceIDHigh: UInt64
    /// The last 8 bytes of the trace id.
    public let traceIDLow: UInt64
    /// The span that made this call.
    public let spanID: UInt64
    /// The trace flags: bit 0 is "sampled", bit 1 is "random trace id".
    public let flags: UInt8
    /// The `tracestate` that came along; nil if none did or it was too long.
    public let state: String?

    public init(traceIDHigh: UInt64, traceIDLow: UInt64, spanID: UInt64, flags: UInt8, state: String? = nil) {
        self.traceIDHigh = traceIDHigh
        self.traceIDLow = traceIDLow
        self.spanID = spanID
        self.flags = flags
        self.state = state
    }

    /// A new trace, sampled, with random ids.
    public init(using random: inout some RandomNumberGenerator) {
        self.init(
            traceIDHigh: random.next(), traceIDLow: Self.nonZero(&random), spanID: Self.nonZero(&random), flags: 0b11)
    }

    /// Reads a `traceparent` header, or returns nil if it is not valid.
    public init?(traceparent: String, tracestate: String? = nil) {
        let bytes = Array(traceparent.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = Hex.value(bytes[0..<2]), version != 0xff,
            version == 0 ? bytes.count == 55 : (bytes.count == 55 || bytes[55] == dash),
            let high = Hex.value(bytes[3..<19]), let low = Hex.value(bytes[19..<35]), high | low != 0,
            let span = Hex.value(bytes[36..<52]), span != 0,
            let flags = Hex.value(bytes[53..<55])
        else { return nil }
        let state = tracestate.flatMap { $0.utf8.count <= 512 && !$0.isEmpty ? $0 : nil }
        self.init(traceIDHigh: high, traceIDLow: low, spanID: span, flags: UInt8(flags), state: state)
    }

    /// The context of a child span of this one.
    public func child(using random: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(
            traceIDHigh: traceIDHigh, traceIDLow: traceIDLow, spanID: Self.nonZero(&random), flags: flags, state: state)
    }

    /// The trace id, 32 hexadecimal digits.
    public var traceID: String { Hex.string(traceIDHigh, traceIDLow) }

    /// The header that carries this context.
    public var traceparent: String {
        String(unsafeUninitializedCapacity: 55) { text in
            text[0] = UInt8(ascii: "0")
            text[1] = UInt8(ascii: "0")
            text[2] = UInt8(ascii: "-")
            Hex.write(traceIDHigh, to: text, at: 3)
            Hex.write(traceIDLow, to: text, at: 19)
            text[35] = UInt8(ascii: "-")
            Hex.write(spanID, to: text, at: 36)
            text[52] = UInt8(ascii: "-")
            text[53] = UInt8(ascii: "0")
            text[54] = UInt8(ascii: "0") + flags & 0b11
            return 55
        }
    }

    private static func nonZero(_ random: inout some RandomNumberGenerator) -> UInt64 {
        max(1, random.next())
    }
}
