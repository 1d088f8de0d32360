// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// How bodies are written and read everywhere: one configuration, shared by all requests.
///
/// Written by the types' schemas: members in the order of their fields, nil left out, dates by RFC 3339 in UTC with
/// milliseconds. Read strictly: a name that stands twice in one object is malformed. Members that are not declared are ignored.
public enum ContractJSON {
    /// The decoder of all bodies. Shared: decoding changes nothing in it.
    public static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            guard let date = RFC3339.date(text) else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "not an RFC 3339 date"))
            }
            return date
        }
        return decoder
    }()

    /// The JSON text of `value`.
    public static func encode(_ value: some SchemaValue) -> [UInt8] {
        var json = JSONWriter()
        value.write(to: &json)
        return json.bytes
    }

    /// The value that `bytes` hold, with all its rules checked.
    ///
    /// - Parameter checkingRules: false for what a trusted peer answers, of which only the form matters.
    /// - Throws: a ``Problem``: 400 `malformed_json` with line and column if the text is no JSON; 422 `invalid` with every
    ///   violation otherwise.
    public static func decode<Value: SchemaValue>(
        _ type: Value.Type = Value.self, from bytes: UnsafeRawBufferPointer, checkingRules: Bool = true
    ) throws(Problem) -> Value {
        let value: Value
        var inspection = Inspection()
        do {
            // What comes from outside is read strictly: Foundation takes a comma before a closing brace, and more.
            if checkingRules, !bytes.isEmpty {
                let json = try JSONParser.parse(bytes)
                Value.inspectNulls(json, &inspection)
            }
            value = try decoder.decode(Value.self, from: view(of: bytes))
        } catch {
            throw explanation(of: error, Value.self, bytes)
        }
        if checkingRules, Value.hasRules { value.check(&inspection) }
        guard inspection.violations.isEmpty else { throw .invalid(inspection.violations) }
        return value
    }

    /// The value that `bytes` hold, with all its rules checked.
    ///
    /// - Throws: as ``decode(_:from:checkingRules:)``.
    public static func decode<Value: SchemaValue>(
        _ type: Value.Type = Value.self, from bytes: some Sequence<UInt8>, checkingRules: Bool = true
    ) throws(Problem) -> Value {
        try Array(bytes).withUnsafeBufferPointer { (bytes) throws(Problem) in
            try decode(type, from: UnsafeRawBufferPointer(bytes), checkingRules: checkingRules)
        }
    }

    /// `bytes` as data that is read before this call's caller returns, so nothing is copied.
    private static func view(of bytes: UnsafeRawBufferPointer) -> Data {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return Data() }
        return Data(bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count, deallocator: .none)
    }

    /// What is wrong with `bytes`, which the decoder refused.
    private static func explanation<Value: SchemaValue>(
        of error: any Error, _ type: Value.Type, _ bytes: UnsafeRawBufferPointer
    ) -> Problem {
        if bytes.isEmpty { return Problem(.malformedJSON, "The body is empty; JSON is expected.") }
        let json: JSONValue
        do {
            json = try JSONParser.parse(bytes)
        } catch {
            return Problem(.malformedJSON, "The body is not JSON: \(error).")
        }
        var inspection = Inspection()
        _ = Value.inspect(json, &inspection)
        if inspection.violations.isEmpty { inspection.report(error) }
        return .invalid(inspection.violations)
    }
}
