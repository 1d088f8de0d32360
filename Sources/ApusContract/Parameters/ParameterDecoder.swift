// SPDX-License-Identifier: Apache-2.0

/// Decodes a parameters' type from the texts of its fields.
@usableFromInline
struct ParameterDecoder: Decoder {
    /// What is known of one field.
    struct Entry {
        let name: String
        var text: String?
    }

    let entries: [Entry]

    @usableFromInline
    var codingPath: [any CodingKey] { [] }
    @usableFromInline
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    @usableFromInline
    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Fields(entries: entries))
    }

    @usableFromInline
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "parameters are no list"))
    }

    @usableFromInline
    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "parameters are no single value"))
    }

    private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let entries: [Entry]

        var codingPath: [any CodingKey] { [] }
        var allKeys: [Key] { entries.compactMap { $0.text == nil ? nil : Key(stringValue: $0.name) } }

        private func text(_ key: Key) -> String? {
            entries.first { $0.name == key.stringValue }?.text
        }

        func contains(_ key: Key) -> Bool { text(key) != nil }
        func decodeNil(forKey key: Key) -> Bool { text(key) == nil }

        private func required(_ key: Key) throws -> ParameterTextDecoder {
            if let text = text(key) { return ParameterTextDecoder(text: text) }
            throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: "missing parameter"))
        }

        // The usual types have a way of their own, which needs no look-up of types.
        func decode(_ type: String.Type, forKey key: Key) throws -> String { try required(key).text }
        func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try required(key).decode(type) }
        func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { text(key) }
        func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
            try text(key).map { try ParameterTextDecoder(text: $0).decode(type) }
        }

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            try required(key).value(type)
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type, forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> {
            throw ParameterTextDecoder.failure
        }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            throw ParameterTextDecoder.failure
        }

        func superDecoder() throws -> any Decoder { throw ParameterTextDecoder.failure }
        func superDecoder(forKey key: Key) throws -> any Decoder { throw ParameterTextDecoder.failure }
    }
}
