// SPDX-License-Identifier: Apache-2.0
import Logging

extension LineBuffer {
    /// Appends `,"key":value`, or nothing if the line is at its limit.
    ///
    /// A key that the line uses itself (`time`, `level`, `message`, `logger`, `service`, `truncated`, and `error` when
    /// the event carries one) is written as `fields.key`, so that no key stands twice in a line.
    ///
    /// - Returns: what the line has now by this key.
    mutating func append(field key: String, _ value: Logger.MetadataValue, eventHasError: Bool) -> KnownKeys {
        guard key.utf8.count < remaining else {
            markCut()
            return []
        }
        let known = KnownKeys(key: key)
        append(known.mustGiveWay(eventHasError: eventHasError) ? ",\"fields." : ",\"" as StaticString)
        append(key, escaping: .json)
        append("\":")
        append(json: value)
        return known
    }

    /// Appends `text` as a JSON string, quotes included.
    mutating func append(quoted text: String) {
        append(UInt8(ascii: "\""))
        append(text, escaping: .json)
        append(UInt8(ascii: "\""))
    }

    private mutating func append(json value: Logger.MetadataValue) {
        switch value {
        case .string(let text): append(quoted: text)
        case .stringConvertible(let value): append(json: value)
        case .array(let values):
            append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                guard remaining > 0 else {
                    markCut()
                    break
                }
                if index > 0 { append(UInt8(ascii: ",")) }
                append(json: value)
            }
            append(UInt8(ascii: "]"))
        case .dictionary(let values):
            append(UInt8(ascii: "{"))
            for (index, (key, value)) in values.enumerated() {
                guard key.utf8.count < remaining else {
                    markCut()
                    break
                }
                if index > 0 { append(UInt8(ascii: ",")) }
                append(quoted: key)
                append(UInt8(ascii: ":"))
                append(json: value)
            }
            append(UInt8(ascii: "}"))
        }
    }

    /// Numbers and truth values as such, everything else by its description.
    private mutating func append<Value: CustomStringConvertible>(json value: Value) {
        // The casts are of a value to its own type.
        if Value.self == Int.self {
            append(decimal: Int64(unsafeBitCast(value, to: Int.self)))
        } else if Value.self == Double.self, unsafeBitCast(value, to: Double.self).isFinite {
            append(value.description, escaping: .json)
        } else if Value.self == Bool.self {
            append(unsafeBitCast(value, to: Bool.self) ? "true" : "false" as StaticString)
        } else if Value.self == Int64.self {
            append(decimal: unsafeBitCast(value, to: Int64.self))
        } else if Value.self == UInt64.self {
            append(decimal: unsafeBitCast(value, to: UInt64.self))
        } else if Value.self == UInt.self {
            append(decimal: UInt64(unsafeBitCast(value, to: UInt.self)))
        } else {
            append(quoted: value.description)
        }
    }
}
