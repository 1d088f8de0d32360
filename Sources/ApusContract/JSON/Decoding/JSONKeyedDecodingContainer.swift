// SPDX-License-Identifier: Apache-2.0

/// The members of an object.
struct JSONKeyedDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let document: JSONDocument
    let object: Int

    var codingPath: [any CodingKey] { document.path(of: object) }

    var allKeys: [Key] {
        var keys: [Key] = []
        keys.reserveCapacity(Int(document.nodes[object].length))
        document.forEachName(of: object) { name in
            if let key = Key(stringValue: document.string(document.nodes[name])) { keys.append(key) }
        }
        return keys
    }

    func contains(_ key: Key) -> Bool {
        document.member(key.stringValue, of: object, leaving: false) != nil
    }

    /// Where the member's value stands.
    private func find(_ key: Key) throws -> Int {
        guard let node = document.member(key.stringValue, of: object) else { throw missing(key) }
        return node
    }

    /// Where the member's value stands; nil if it is missing or null.
    private func findPresent(_ key: Key) -> Int? {
        guard let node = document.member(key.stringValue, of: object), document.nodes[node].kind != .null else {
            return nil
        }
        return node
    }

    private func missing(_ key: Key) -> DecodingError {
        .keyNotFound(
            key, .init(codingPath: codingPath, debugDescription: "The object has no member \"\(key.stringValue)\"."))
    }

    private func value<Value: Decodable>(_ node: Int, _ type: Value.Type) throws -> Value {
        let value = try document.value(node, type)
        document.left(node)
        return value
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        guard let node = document.member(key.stringValue, of: object, leaving: false) else { throw missing(key) }
        return document.nodes[node].kind == .null
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try document.boolean(find(key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try document.string(find(key)) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try document.double(find(key)) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try document.float(find(key)) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try document.integer(find(key), type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try document.integer(find(key), type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try document.integer(find(key), type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try document.integer(find(key), type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try document.integer(find(key), type) }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try document.integer(find(key), type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try document.integer(find(key), type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try document.integer(find(key), type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try document.integer(find(key), type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try document.integer(find(key), type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try document.integer(find(key), type) }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try document.integer(find(key), type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try value(find(key), type) }

    // The most frequent kinds, with one look-up instead of three.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try findPresent(key).map(document.boolean)
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try findPresent(key).map { try document.string($0) }
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try findPresent(key).map(document.double)
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try findPresent(key).map { try document.integer($0, type) }
    }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try findPresent(key).map { try document.integer($0, type) }
    }
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let node = findPresent(key) else { return nil }
        return try value(node, type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try JSONValueDecoder(document: document, node: find(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try JSONValueDecoder(document: document, node: find(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { superDecoder(under: JSONKey.superKey) }
    func superDecoder(forKey key: Key) throws -> any Decoder { superDecoder(under: key) }

    private func superDecoder(under key: some CodingKey) -> any Decoder {
        guard let node = document.member(key.stringValue, of: object) else {
            return JSONAbsentDecoder(codingPath: codingPath + [key])
        }
        return JSONValueDecoder(document: document, node: node)
    }
}
