// SPDX-License-Identifier: Apache-2.0

/// A value that can stand in a body or a parameter: numbers, texts, dates, arrays of them, and ``Described`` types.
///
/// The protocol joins what one declaration is used for: writing JSON, checking rules, saying everything that is wrong with
/// a body that can't be decoded, and describing the type in OpenAPI. Types of your own usually conform by being
/// ``Described`` (an object with fields) or by being an enum with raw values that is `CaseIterable`
/// (``SchemaChoice``).
public protocol SchemaValue: Codable, Sendable {
    /// What it looks like on the wire.
    static var shape: Shape { get }

    /// What a message says that it must be: "a string", "a whole number" …
    static var expectation: String { get }

    /// Whether ``check(_:)`` may have anything to do for values of this type.
    static var hasRules: Bool { get }

    /// Writes the value as one JSON value.
    func write(to json: inout JSONWriter)

    /// Reports every rule that the value breaks.
    func check(_ inspection: inout Inspection)

    /// Reports everything that keeps `json` from being such a value, rules included, and returns the value if it is one.
    ///
    /// Only asked after decoding failed. An implementation that can't make the value from `json` may return nil without a
    /// report if it found nothing wrong.
    static func inspect(_ json: JSONValue, _ inspection: inout Inspection) -> Self?

    /// Reports the members that are null although leaving them out would mean something else: nothing to do for most.
    static func inspectNulls(_ json: JSONValue, _ inspection: inout Inspection)

    /// The value that the text of a parameter spells; nil if it spells none, or if such values don't fit in a parameter.
    init?(parameter text: String)

    /// The value as the text of a parameter; nil if it doesn't fit in one.
    var parameterText: String? { get }
}

extension SchemaValue {
    @inlinable public static var hasRules: Bool { false }
    @inlinable public func check(_ inspection: inout Inspection) {}
    @inlinable public static func inspectNulls(_ json: JSONValue, _ inspection: inout Inspection) {}
    public init?(parameter text: String) { return nil }
    public var parameterText: String? { nil }

    /// Reports that `json` is of the wrong kind.
    static func mismatch(_ json: JSONValue, _ inspection: inout Inspection) {
        inspection.report("type", "must be \(expectation), not \(json.kind)")
    }
}
