// SPDX-License-Identifier: Apache-2.0

/// How bodies are written and read everywhere: one configuration, shared by all requests.
///
/// Written by the types' schemas: members in the order of their fields, nil left out, dates by RFC 3339 in UTC with
/// milliseconds. Read strictly: a name that stands twice in one object is malformed. Members that are not declared are ignored.
public enum ContractJSON {
    /// The JSON text of `value`.
    public static func encode(_ value: some SchemaValue) -> [UInt8] {
        var json = JSONWriter()
        value.write(to: &json)
        return json.bytes
    }

    /// The value that `bytes` hold, with all its rules checked.
    ///
    /// The text is read strictly, once. So are the answers of trusted peers: what is no JSON comes from a fault that is
    /// better heard of.
    ///
    /// - Parameter checkingRules: false for what a trusted peer answers, of which only the form matters.
    /// - Throws: a ``Problem``: 400 `malformed_json` with line and column if the text is no JSON; 422 `invalid` with every
    ///   violation otherwise.
    public static func decode<Value: SchemaValue>(
        _ type: Value.Type = Value.self, from bytes: UnsafeRawBufferPointer, checkingRules: Bool = true
    ) throws(Problem) -> Value {
        guard !bytes.isEmpty else { throw Problem(.malformedJSON, "The body is empty; JSON is expected.") }
        var document: JSONDocument
        do {
            document = try JSONDocument(
                bytes, dates: .rfc3339,
                maximumDepth: checkingRules ? JSONParser.maximumDepth : JSONCodec.maximumDepth)
        } catch {
            throw Problem(.malformedJSON, "The body is not JSON: \(error).")
        }
        defer { JSONDocument.release(&document) }
        var inspection = Inspection()
        if checkingRules, document.hasNulls { Value.inspectNulls(document.tree(), &inspection) }
        let value: Value
        do {
            value = try document.value(0, Value.self)
        } catch {
            throw explanation(of: error, Value.self, document)
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

    /// What is wrong with the document, from which no value could be made.
    private static func explanation<Value: SchemaValue>(
        of error: any Error, _ type: Value.Type, _ document: JSONDocument
    ) -> Problem {
        var inspection = Inspection()
        _ = Value.inspect(document.tree(), &inspection)
        if inspection.violations.isEmpty { inspection.report(error) }
        return .invalid(inspection.violations)
    }
}
