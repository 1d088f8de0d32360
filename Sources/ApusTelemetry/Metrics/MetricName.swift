// SPDX-License-Identifier: Apache-2.0

/// Names as Prometheus allows them.
///
/// Names come from this code and from libraries that know nothing of Prometheus, and a metric must never stop a
/// service; so a name is not refused but made valid: every byte that isn't allowed becomes `_`, and a leading digit
/// gets a `_` in front. `http.requests` and `http_requests` are therefore the same metric.
enum MetricName {
    /// A metric name: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func metric(_ name: String) -> String {
        sanitized(name, allowsColon: true)
    }

    /// A label name: `[a-zA-Z_][a-zA-Z0-9_]*`, and not beginning with `__`, which is reserved.
    static func label(_ name: String) -> String {
        let name = sanitized(name, allowsColon: false)
        guard name.hasPrefix("__") else { return name }
        let rest = name.drop { $0 == "_" }
        return "_" + rest
    }

    private static func sanitized(_ name: String, allowsColon: Bool) -> String {
        var bytes: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                bytes.append(byte)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if bytes.isEmpty { bytes.append(UInt8(ascii: "_")) }
                bytes.append(byte)
            case UInt8(ascii: ":") where allowsColon:
                bytes.append(byte)
            default:
                // One underscore for a character, however many bytes it has.
                if byte & 0xC0 != 0x80 { bytes.append(UInt8(ascii: "_")) }
            }
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }
}
