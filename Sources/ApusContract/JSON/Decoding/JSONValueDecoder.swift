// SPDX-License-Identifier: Apache-2.0

/// Decodes one value of a document.
///
/// Small enough to be passed as `any Decoder` without an allocation. Its coding path is made only if somebody asks.
struct JSONValueDecoder: Decoder, SingleValueDecodingContainer {
    let document: JSONDocument
    let node: Int

    var codingPath: [any CodingKey] { document.path(of: node) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard document.nodes[node].kind == .object else { throw document.mismatch([String: Any].self, node) }
        return KeyedDecodingContainer(JSONKeyedDecodingContainer<Key>(document: document, object: node))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard document.nodes[node].kind == .array else { throw document.mismatch([Any].self, node) }
        return JSONUnkeyedDecodingContainer(document: document, array: node)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { document.nodes[node].kind == .null }
    func decode(_ type: Bool.Type) throws -> Bool { try document.boolean(node) }
    func decode(_ type: String.Type) throws -> String { try document.string(node) }
    func decode(_ type: Double.Type) throws -> Double { try document.double(node) }
    func decode(_ type: Float.Type) throws -> Float { try document.float(node) }
    func decode(_ type: Int.Type) throws -> Int { try document.integer(node, type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try document.integer(node, type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try document.integer(node, type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try document.integer(node, type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try document.integer(node, type) }
    func decode(_ type: Int128.Type) throws -> Int128 { try document.integer(node, type) }
    func decode(_ type: UInt.Type) throws -> UInt { try document.integer(node, type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try document.integer(node, type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try document.integer(node, type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try document.integer(node, type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try document.integer(node, type) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try document.integer(node, type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try document.value(node, type) }
}
