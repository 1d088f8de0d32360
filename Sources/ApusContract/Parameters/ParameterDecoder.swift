// SPDX-License-Identifier: Apache-2.0

/// Decodes a parameters' type from the texts of its fields.
struct ParameterDecoder: Decoder {
    /// What is known of one field.
    struct Entry {
        let name: String
        var text: String?
    }

    let entries: [Entry]

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Fields(entries: entries))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "parameters are no list"))
    }

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

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            guard let text = text(key) else {
                throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: "missing parameter"))
            }
            return try ParameterTextDecoder(text: text).value(type)
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
