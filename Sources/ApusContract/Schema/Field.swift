// SPDX-License-Identifier: Apache-2.0

/// One member of a described type: its name on the wire, where it is found, and its rules.
///
/// `Field("name", \.name, .length(1...100))`. A field whose property is optional may be left out.
public struct Field<Root>: Sendable {
    /// The name on the wire, equal to that of the coding key.
    public let name: String
    /// Whether it must be there.
    public let isRequired: Bool

    /// Its shape with the keywords of its rules.
    let shape: @Sendable () -> Shape
    /// Writes name and value; nothing if the value is nil.
    let write: @Sendable (Root, inout JSONWriter) -> Void
    /// Reports the rules that the value breaks.
    let check: @Sendable (Root, inout Inspection) -> Void
    /// Reports what is wrong with the member's JSON.
    let inspect: @Sendable (JSONValue, inout Inspection) -> Void
    /// Reports what is wrong with a parameter's text.
    let inspectText: @Sendable (String, inout Inspection) -> Void
    /// The value as a parameter's text; nil if there is none.
    let text: @Sendable (Root) -> String?

    /// A field that is always there.
    ///
    /// - Parameters:
    ///   - value: a key path such as `\.name`.
    ///   - rules: checked in this order; each that doesn't hold is reported.
    ///   - note: a sentence for the reader of the documentation.
    public init<Value: SchemaValue>(
        _ name: String, _ value: @escaping @Sendable (Root) -> Value, _ rules: Rule<Value>..., note: String? = nil
    ) {
        self.init(name, true, rules, note) { value($0) }
    }

    /// A field that may be left out, in which case its rules are not checked.
    public init<Value: SchemaValue>(
        _ name: String, _ value: @escaping @Sendable (Root) -> Value?, _ rules: Rule<Value>..., note: String? = nil
    ) {
        self.init(name, false, rules, note, value)
    }

    private init<Value: SchemaValue>(
        _ name: String, _ isRequired: Bool, _ rules: [Rule<Value>], _ note: String?,
        _ value: @escaping @Sendable (Root) -> Value?
    ) {
        let prepared = JSONWriter.prepared(name: name)
        let keywords = rules.flatMap(\.keywords) + (note.map { [.init("description", .string($0))] } ?? [])
        let checkRules: @Sendable (Value, inout Inspection) -> Void = { value, inspection in
            for rule in rules where !rule.holds(value) { inspection.report(in: name, rule.code, rule.message) }
        }
        let checkText: @Sendable (String, inout Inspection) -> Void = { text, inspection in
            if let value = Value(parameter: text) {
                checkRules(value, &inspection)
            } else {
                inspection.report(in: name, "type", "must be \(Value.expectation)")
            }
        }
        self.name = name
        self.isRequired = isRequired
        self.shape = { Value.shape.adding(keywords) }
        self.write = { root, json in
            guard let value = value(root) else { return }
            json.name(prepared: prepared)
            value.write(to: &json)
        }
        self.check = { root, inspection in
            guard let value = value(root) else { return }
            checkRules(value, &inspection)
            if Value.hasRules { inspection.within(name) { value.check(&$0) } }
        }
        self.inspect = { json, inspection in
            if let value = inspection.within(name, { Value.inspect(json, &$0) }) { checkRules(value, &inspection) }
        }
        self.inspectText = checkText
        self.text = { value($0)?.parameterText }
    }
}
