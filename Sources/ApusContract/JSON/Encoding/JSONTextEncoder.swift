// SPDX-License-Identifier: Apache-2.0

/// Encodes one value at the end of an output.
///
/// Small enough to be passed as `any Encoder` without an allocation. Its coding path is made only if somebody asks.
struct JSONTextEncoder: Encoder, SingleValueEncodingContainer {
    let output: JSONOutput
    let frame: Int

    var codingPath: [any CodingKey] { output.path(of: frame) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        output.open(.object, in: frame)
        return KeyedEncodingContainer(JSONKeyedEncodingContainer<Key>(output: output, frame: frame))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        output.open(.array, in: frame)
        return JSONUnkeyedEncodingContainer(output: output, frame: frame)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// The text, ready for the frame's value.
    private func single(_ write: (inout JSONWriter) -> Void) throws {
        try output.single(in: frame)
        write(&output.json)
    }

    func encodeNil() throws { try single { $0.null() } }
    func encode(_ value: Bool) throws { try single { $0.boolean(value) } }
    func encode(_ value: String) throws { try single { $0.string(value) } }
    func encode(_ value: Double) throws {
        try output.requireFinite(value)
        try single { $0.number(value) }
    }
    func encode(_ value: Float) throws {
        try output.requireFinite(value)
        try single { $0.number(value) }
    }
    func encode(_ value: Int) throws { try single { $0.integer(value) } }
    func encode(_ value: Int8) throws { try single { $0.integer(value) } }
    func encode(_ value: Int16) throws { try single { $0.integer(value) } }
    func encode(_ value: Int32) throws { try single { $0.integer(value) } }
    func encode(_ value: Int64) throws { try single { $0.integer(value) } }
    func encode(_ value: Int128) throws { try single { $0.integer(value) } }
    func encode(_ value: UInt) throws { try single { $0.integer(value) } }
    func encode(_ value: UInt8) throws { try single { $0.integer(value) } }
    func encode(_ value: UInt16) throws { try single { $0.integer(value) } }
    func encode(_ value: UInt32) throws { try single { $0.integer(value) } }
    func encode(_ value: UInt64) throws { try single { $0.integer(value) } }
    func encode(_ value: UInt128) throws { try single { $0.integer(value) } }
    func encode<Value: Encodable>(_ value: Value) throws { try output.single(value, in: frame) }
}
