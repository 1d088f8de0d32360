// SPDX-License-Identifier: Apache-2.0

/// The elements of an array. An element that can't be decoded stays the current one.
struct JSONUnkeyedDecodingContainer: UnkeyedDecodingContainer {
    private let document: JSONDocument
    private let array: UInt32
    private var node: UInt32
    private var index: UInt32 = 0

    init(document: JSONDocument, array: Int) {
        self.document = document
        self.array = UInt32(truncatingIfNeeded: array)
        node = self.array + 1
    }

    var codingPath: [any CodingKey] { document.path(of: Int(array)) }
    var count: Int? { Int(document.nodes[Int(array)].length) }
    var currentIndex: Int { Int(index) }
    var isAtEnd: Bool { index >= document.nodes[Int(array)].length }

    @inline(__always)
    private mutating func next<Value>(_ type: Value.Type, _ read: (JSONDocument, Int) throws -> Value) throws -> Value {
        guard !isAtEnd else { throw ended(type) }
        let value = try read(document, Int(node))
        advance()
        return value
    }

    private mutating func advance() {
        node = document.nodes[Int(node)].next
        index += 1
    }

    private func ended(_ type: Any.Type) -> DecodingError {
        .valueNotFound(
            type,
            .init(
                codingPath: codingPath + [JSONKey(intValue: currentIndex)],
                debugDescription: "The array has no more elements."))
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd else { throw ended(Any?.self) }
        guard document.nodes[Int(node)].kind == .null else { return false }
        advance()
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try next(type) { try $0.boolean($1) } }
    mutating func decode(_ type: String.Type) throws -> String { try next(type) { try $0.string($1) } }
    mutating func decode(_ type: Double.Type) throws -> Double { try next(type) { try $0.double($1) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try next(type) { try $0.float($1) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try integer(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try integer(type) }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try next(type) { try $0.value($1, type) }
    }

    private mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        try next(type) { try $0.integer($1, type) }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next(KeyedDecodingContainer<Nested>.self) {
            try JSONValueDecoder(document: $0, node: $1).container(keyedBy: type)
        }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next((any UnkeyedDecodingContainer).self) {
            try JSONValueDecoder(document: $0, node: $1).unkeyedContainer()
        }
    }

    mutating func superDecoder() throws -> any Decoder {
        try next((any Decoder).self) { JSONValueDecoder(document: $0, node: $1) }
    }
}
