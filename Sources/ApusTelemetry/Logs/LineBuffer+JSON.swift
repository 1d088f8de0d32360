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
    private mutating func append(json value: any CustomStringConvertible & Sendable) {
        // Comparing metatypes costs nothing; the casts are made only when they succeed.
        let type: Any.Type = Swift.type(of: value)
        if type == Int.self, let value = value as? Int {
            append(decimal: Int64(value))
        } else if type == Double.self, let value = value as? Double, value.isFinite {
            append(value.description, escaping: .json)
        } else if type == Bool.self, let value = value as? Bool {
            append(value ? "true" : "false" as StaticString)
        } else if type == Int64.self, let value = value as? Int64 {
            append(decimal: value)
        } else if type == UInt64.self, let value = value as? UInt64 {
            append(decimal: value)
        } else if type == UInt.self, let value = value as? UInt {
            append(decimal: UInt64(value))
        } else {
            append(quoted: value.description)
        }
    }
}
