// SPDX-License-Identifier: Apache-2.0

/// The members of an object.
struct JSONKeyedEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let output: JSONOutput
    let frame: Int

    var codingPath: [any CodingKey] { output.path(of: frame) }

    /// The text, ready for the member's value.
    private func member(_ key: Key, _ write: (inout JSONWriter) -> Void) throws {
        try output.name(key.stringValue, in: frame)
        write(&output.json)
    }

    func encodeNil(forKey key: Key) throws { try member(key) { $0.null() } }
    func encode(_ value: Bool, forKey key: Key) throws { try member(key) { $0.boolean(value) } }
    func encode(_ value: String, forKey key: Key) throws { try member(key) { $0.string(value) } }
    func encode(_ value: Double, forKey key: Key) throws {
        try output.requireFinite(value, key)
        try member(key) { $0.number(value) }
    }
    func encode(_ value: Float, forKey key: Key) throws {
        try output.requireFinite(value, key)
        try member(key) { $0.number(value) }
    }
    func encode(_ value: Int, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode(_ value: Int8, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode(_ value: Int16, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode(_ value: Int32, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode(_ value: Int64, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode(_ value: Int128, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode(_ value: UInt, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode(_ value: UInt8, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode(_ value: UInt16, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode(_ value: UInt32, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode(_ value: UInt64, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode(_ value: UInt128, forKey key: Key) throws { try member(key) { $0.integer(value) } }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try output.member(value, key, in: frame)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        encoder(under: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder(under: key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { encoder(under: JSONKey.superKey) }
    func superEncoder(forKey key: Key) -> any Encoder { encoder(under: key) }

    private func encoder(under key: some CodingKey) -> JSONTextEncoder {
        JSONTextEncoder(output: output.spliced(member: key, in: frame), frame: 0)
    }
}
