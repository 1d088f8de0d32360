// SPDX-License-Identifier: Apache-2.0

/// One reply of a Redis server, as RESP2 has them.
public enum RedisValue: Sendable, Hashable {
    /// No value: a nil string or a nil array.
    case null
    /// A short text such as `OK`.
    case status(String)
    case integer(Int64)
    /// Bytes of any kind.
    case bytes([UInt8])
    case array([RedisValue])
    /// An error inside of an array or a pipeline. As the only reply of a command it is thrown instead.
    case error(RedisServerError)

    /// The bytes, also those of a status; nil for anything else.
    public var bytes: [UInt8]? {
        switch self {
        case .bytes(let bytes): bytes
        case .status(let text): Array(text.utf8)
        default: nil
        }
    }

    /// The bytes or the status as UTF-8 text; nil for anything else.
    public var string: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        default: nil
        }
    }

    /// The integer, also one that came as text; nil for anything else.
    public var integer: Int64? {
        if case .integer(let number) = self { return number }
        return string.flatMap { Int64($0) }
    }

    /// The elements; nil for anything but an array.
    public var array: [RedisValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// Whether there is no value.
    public var isNull: Bool { self == .null }
}
