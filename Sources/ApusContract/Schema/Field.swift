// SPDX-License-Identifier: Apache-2.0

/// One member of a described type: its name on the wire, where it is found, and its rules.
///
/// `Field("name", \.name, .length(1...100))`. A field whose property is optional may be left out.
public final class Field<Root>: Sendable {
    /// The name on the wire, equal to that of the coding key.
    public let name: String
    /// Whether it must be there.
    public let isRequired: Bool

    /// Its shape with the keywords of its rules.
    @usableFromInline let shape: @Sendable () -> Shape
    /// Writes name and value; nothing if the value is nil.
    @usableFromInline let write: @Sendable (Root, inout JSONWriter) -> Void
    /// Reports the rules that the value breaks; nil if there are none.
    @usableFromInline let check: (@Sendable (Root, inout Inspection) -> Void)?
    /// Reports what is wrong with the member's JSON.
    let inspect: @Sendable (JSONValue, inout Inspection) -> Void
    /// Reports what is wrong with a parameter's text.
    @usableFromInline let inspectText: @Sendable (String, inout Inspection) -> Void
    /// The value as a parameter's text; nil if there is none.
    @usableFromInline let text: @Sendable (Root) -> String?

    /// A field that is always there.
    ///
    /// - Parameters:
    ///   - value: a key path such as `\.name`.
    ///   - rules: checked in this order; each that doesn't hold is reported.
    ///   - note: a sentence for the reader of the documentation.
    @inlinable
    public convenience init<Value: SchemaValue>(
        _ name: String, _ value: @escaping @Sendable (Root) -> Value, _ rules: Rule<Value>..., note: String? = nil
    ) {
        self.init(name, true, rules, note) { value($0) }
    }

    /// A field that may be left out, in which case its rules are not checked.
    @inlinable
    public convenience init<Value: SchemaValue>(
        _ name: String, _ value: @escaping @Sendable (Root) -> Value?, _ rules: Rule<Value>..., note: String? = nil
    ) {
        self.init(name, false, rules, note, value)
    }

    // Inlinable, so that the closures are compiled for the types of the contract: in generic form each use costs
    // look-ups of type metadata, which are dearer than the work.
    @inlinable
    convenience init<Value: SchemaValue>(
        _ name: String, _ isRequired: Bool, _ rules: [Rule<Value>], _ note: String?,
        _ value: @escaping @Sendable (Root) -> Value?
    ) {
        let prepared = JSONWriter.prepared(name: name)
        let keywords = rules.flatMap(\.keywords) + (note.map { [.init("description", .string($0))] } ?? [])
        let check: @Sendable (Root, inout Inspection) -> Void = { root, inspection in
            guard let value = value(root) else { return }
            rules.check(value, name, &inspection)
            if Value.hasRules { inspection.within(name) { value.check(&$0) } }
        }
        self.init(
            name: name, isRequired: isRequired, shape: { Value.shape.adding(keywords) },
            write: { root, json in
                guard let value = value(root) else { return }
                json.name(prepared: prepared)
                value.write(to: &json)
            },
            check: rules.isEmpty && !Value.hasRules ? nil : check,
            inspect: { json, inspection in
                let value = inspection.within(name) { Value.inspect(json, &$0) }
                if let value { rules.check(value, name, &inspection) }
            },
            inspectText: { text, inspection in
                if let value = Value(parameter: text) {
                    rules.check(value, name, &inspection)
                } else {
                    inspection.report(in: name, "type", "must be \(Value.expectation)")
                }
            },
            text: { value($0)?.parameterText })
    }

    @usableFromInline
    init(
        name: String, isRequired: Bool, shape: @escaping @Sendable () -> Shape,
        write: @escaping @Sendable (Root, inout JSONWriter) -> Void,
        check: (@Sendable (Root, inout Inspection) -> Void)?,
        inspect: @escaping @Sendable (JSONValue, inout Inspection) -> Void,
        inspectText: @escaping @Sendable (String, inout Inspection) -> Void, text: @escaping @Sendable (Root) -> String?
    ) {
        self.name = name
        self.isRequired = isRequired
        self.shape = shape
        self.write = write
        self.check = check
        self.inspect = inspect
        self.inspectText = inspectText
        self.text = text
    }
}

extension Array {
    /// Reports the rules that `value`, the member `name`, breaks.
    @inlinable
    func check<Value>(_ value: Value, _ name: String, _ inspection: inout Inspection) where Element == Rule<Value> {
        for rule in self where !rule.holds(value) { inspection.report(in: name, rule.code, rule.message) }
    }
}
