// SPDX-License-Identifier: Apache-2.0

/// The elements of an array.
struct JSONUnkeyedEncodingContainer: UnkeyedEncodingContainer {
    let output: JSONOutput
    let frame: Int

    var codingPath: [any CodingKey] { output.path(of: frame) }
    var count: Int { frame < output.frames.count ? output.frames[frame].count : 0 }

    /// The text, ready for the next element.
    private func element(_ write: (inout JSONWriter) -> Void) throws {
        try output.element(in: frame)
        write(&output.json)
    }

    func encodeNil() throws { try element { $0.null() } }
    func encode(_ value: Bool) throws { try element { $0.boolean(value) } }
    func encode(_ value: String) throws { try element { $0.string(value) } }
    func encode(_ value: Double) throws {
        try output.requireFinite(value, JSONKey(intValue: count))
        try element { $0.number(value) }
    }
    func encode(_ value: Float) throws {
        try output.requireFinite(value, JSONKey(intValue: count))
        try element { $0.number(value) }
    }
    func encode(_ value: Int) throws { try element { $0.integer(value) } }
    func encode(_ value: Int8) throws { try element { $0.integer(value) } }
    func encode(_ value: Int16) throws { try element { $0.integer(value) } }
    func encode(_ value: Int32) throws { try element { $0.integer(value) } }
    func encode(_ value: Int64) throws { try element { $0.integer(value) } }
    func encode(_ value: Int128) throws { try element { $0.integer(value) } }
    func encode(_ value: UInt) throws { try element { $0.integer(value) } }
    func encode(_ value: UInt8) throws { try element { $0.integer(value) } }
    func encode(_ value: UInt16) throws { try element { $0.integer(value) } }
    func encode(_ value: UInt32) throws { try element { $0.integer(value) } }
    func encode(_ value: UInt64) throws { try element { $0.integer(value) } }
    func encode(_ value: UInt128) throws { try element { $0.integer(value) } }
    func encode<Value: Encodable>(_ value: Value) throws { try output.element(value, in: frame) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        encoder().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder() }

    private func encoder() -> JSONTextEncoder {
        JSONTextEncoder(output: output.splicedElement(in: frame), frame: 0)
    }
}
