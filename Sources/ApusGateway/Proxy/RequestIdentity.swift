// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP

/// The names that a request carries through every service: `X-Request-Id` and `traceparent`, taken over if they are
/// well formed and made otherwise.
enum RequestIdentity {
    static func apply(to headers: inout Headers, using random: inout FastRandom) {
        let hasID = headers.withValue(.requestID, isRequestID)
        if hasID != true {
            if hasID != nil { headers.remove(.requestID) }
            headers.append(.requestID, Hex.string(random.next(), random.next()))
        }
        let hasTrace = headers.withValue(.traceparent, isTraceparent)
        if hasTrace != true {
            if hasTrace != nil {
                headers.remove(.traceparent)
                headers.remove(.tracestate)
            }
            headers.append(.traceparent, traceparent(using: &random))
        }
    }

    /// A new, sampled trace, spelt at once.
    static func traceparent(using random: inout FastRandom) -> String {
        let (high, low, span) = (random.next(), random.next() | 1, random.next() | 1)
        return String(unsafeUninitializedCapacity: 55) { buffer in
            buffer[0] = UInt8(ascii: "0")
            buffer[1] = UInt8(ascii: "0")
            buffer[2] = UInt8(ascii: "-")
            write(high, buffer, 3)
            write(low, buffer, 19)
            buffer[35] = UInt8(ascii: "-")
            write(span, buffer, 36)
            buffer[52] = UInt8(ascii: "-")
            buffer[53] = UInt8(ascii: "0")
            // Sampled, and the trace id is random.
            buffer[54] = UInt8(ascii: "3")
            return 55
        }
    }

    private static func write(_ value: UInt64, _ buffer: UnsafeMutableBufferPointer<UInt8>, _ offset: Int) {
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index)) & 0xF
            buffer[offset + index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
    }

    /// The rule of ``ApusCore/RequestID``, on bytes.
    private static func isRequestID(_ value: UnsafeRawBufferPointer) -> Bool {
        guard (1...128).contains(value.count) else { return false }
        for byte in value {
            guard
                byte.isLetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                    || byte == UInt8(ascii: "_")
            else { return false }
        }
        return true
    }

    /// The rule of ``ApusCore/TraceContext``, on bytes.
    private static func isTraceparent(_ value: UnsafeRawBufferPointer) -> Bool {
        let dash = UInt8(ascii: "-")
        guard value.count >= 55, value[2] == dash, value[35] == dash, value[52] == dash,
            value.count == 55 || value[55] == dash,
            let version = hex(value[0..<2]), version != 0xff, version != 0 || value.count == 55,
            let high = hex(value[3..<19]), let low = hex(value[19..<35]), high | low != 0,
            let span = hex(value[36..<52]), span != 0, hex(value[53..<55]) != nil
        else { return false }
        return true
    }

    private static func hex(_ digits: Slice<UnsafeRawBufferPointer>) -> UInt64? {
        Hex.value(digits)
    }
}
