// SPDX-License-Identifier: Apache-2.0

/// An enum with text values, each of which may stand in a body or a parameter:
/// `enum OrderState: String, SchemaChoice { case pending, confirmed }`.
public protocol SchemaChoice: SchemaValue, CaseIterable, RawRepresentable where RawValue == String {}

extension SchemaChoice {
    public static var expectation: String { "one of \(allCases.map(\.rawValue).joined(separator: ", "))" }
    public static var shape: Shape {
        Shape(["type": "string", "enum": .array(allCases.map { .string($0.rawValue) })])
    }

    @inlinable public func write(to json: inout JSONWriter) { json.string(rawValue) }
    @inlinable public init?(parameter text: String) { self.init(rawValue: text) }
    @inlinable public var parameterText: String? { rawValue }

    public static func inspect(_ json: JSONValue, _ inspection: inout Inspection) -> Self? {
        guard case .string(let text) = json else {
            mismatch(json, &inspection)
            return nil
        }
        if let value = Self(rawValue: text) { return value }
        inspection.report("choice", "must be \(expectation)")
        return nil
    }
}
