// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Decodes a single value from its text, strictly: the whole text must be one.
struct ParameterTextDecoder: Decoder, SingleValueDecodingContainer {
    let text: String

    static var failure: DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: "not a value of this type"))
    }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> { throw Self.failure }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Self.failure }

    func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let value: Value = try known(String.self) ?? known(Int.self) ?? known(Date.self) { return value }
        return try Value(from: self)
    }

    /// The value if `Value` is `Known`; throws if the text is none.
    private func known<Known: SchemaValue, Value>(_ type: Known.Type) throws -> Value? {
        guard Value.self == Known.self else { return nil }
        return try parsed(Known.self) as? Value
    }

    private func parsed<Known: SchemaValue>(_ type: Known.Type) throws -> Known {
        guard let value = Known(parameter: text) else { throw Self.failure }
        return value
    }

    private func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws -> Integer {
        guard text.utf8.first != UInt8(ascii: "+"), let value = Integer(text) else { throw Self.failure }
        return value
    }

    func decodeNil() -> Bool { false }
    func decode(_ type: String.Type) throws -> String { text }
    func decode(_ type: Bool.Type) throws -> Bool { try parsed(type) }
    func decode(_ type: Double.Type) throws -> Double { try parsed(type) }
    func decode(_ type: Float.Type) throws -> Float { Float(try parsed(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try value(type) }
}
