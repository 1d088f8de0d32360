// SPDX-License-Identifier: Apache-2.0

/// Any `Codable` value as JSON text and back: what Foundation's `JSONEncoder` and `JSONDecoder` do with their default
/// strategies, at a fraction of their cost.
///
///     let bytes = try JSONCodec().encode(value)
///     let again = try JSONCodec().decode(Value.self, from: bytes)
///
/// For caches and messages. Bodies go through ``ContractJSON``, which checks rules too and writes by the schema.
///
/// Dates are as ``Dates`` says, `Data` is Base64, `URL` a text, `Decimal` a number with all its digits. Floating point
/// numbers that are not finite can't be encoded. Members stand in the order in which the value encodes them, so equal
/// values of one type have equal texts except where their own order is none, as that of dictionaries.
///
/// Differs from Foundation in that it reads strictly (``JSONParser``): UTF-8 only, no comma before a closing bracket, no
/// name twice in one object. Coding paths have keys with the same texts and indices, but of a type of their own.
///
/// Safe to use from several threads at once.
public struct JSONCodec: Sendable {
    /// Containers within containers, at most, in what is encoded and decoded.
    public static let maximumDepth = 512

    /// How dates are written.
    public enum Dates: Sendable {
        /// As seconds since 2001-01-01, a number: Foundation's default. Nothing is lost.
        case seconds
        /// As a text by RFC 3339 with milliseconds, as in contracts.
        case rfc3339
    }

    private let dates: Dates

    /// A codec that writes and reads dates as `dates` says.
    public init(dates: Dates = .seconds) {
        self.dates = dates
    }

    /// The JSON text of `value`.
    ///
    /// - Throws: an `EncodingError`, or what the value's own encoding throws.
    public func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        var writer = JSONWriter()
        try encode(value, to: &writer)
        return writer.bytes
    }

    /// Writes `value` where `writer` expects a value: as the whole text, after a member's name, or as an element.
    ///
    /// - Parameter depth: how many containers are open around the value. Default: none.
    /// - Throws: as ``encode(_:)``; nothing was written then.
    public func encode<Value: Encodable>(_ value: Value, to writer: inout JSONWriter, depth: Int = 0) throws {
        let mark = writer.mark
        // Moved there and back: a copy of the writer would be a copy of what it has written.
        let output = JSONOutput(dates: dates, writer: exchange(&writer, with: JSONWriter(capacity: 0)), depth: depth)
        defer { output.discard() }
        do {
            try output.single(value, in: 0)
            writer = try output.finish()
        } catch {
            writer = output.json
            writer.restore(mark)
            throw error
        }
    }

    /// The value that `bytes` hold.
    ///
    /// - Throws: a `DecodingError`, or what the value's own decoding throws. If the bytes are no JSON the error is
    ///   `dataCorrupted`, with a ``JSONSyntaxError`` underlying it.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from bytes: UnsafeRawBufferPointer
    ) throws -> Value {
        var document: JSONDocument
        do {
            document = try JSONDocument(bytes, dates: dates, maximumDepth: Self.maximumDepth)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "The text is not JSON: \(error).", underlyingError: error))
        }
        defer { JSONDocument.release(&document) }
        return try document.value(0, Value.self)
    }

    /// The value that `bytes` hold.
    ///
    /// - Throws: as ``decode(_:from:)-(_,UnsafeRawBufferPointer)``.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: [UInt8]) throws -> Value {
        try bytes.withUnsafeBytes { try decode(type, from: $0) }
    }

    /// The value that `bytes` hold.
    ///
    /// - Throws: as ``decode(_:from:)-(_,UnsafeRawBufferPointer)``.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self, from bytes: ArraySlice<UInt8>) throws -> Value
    {
        try bytes.withUnsafeBytes { try decode(type, from: $0) }
    }
}
