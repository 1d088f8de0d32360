// SPDX-License-Identifier: Apache-2.0

/// The fields of a ``Described`` type.
public struct Schema<Root: Described>: Sendable {
    /// The name of the type in OpenAPI, unique within a contract.
    public let name: String
    public let fields: [Field<Root>]
    /// What there is to check, in order.
    @usableFromInline let checks: [@Sendable (Root, inout Inspection) -> Void]
    /// Whether null is a violation also where a member may be left out.
    let refusesNull: Bool

    /// A schema of the fields listed in `fields`.
    ///
    /// - Parameter name: the type's own name by default.
    public init(_ name: String = "\(Root.self)", @SchemaBuilder<Root> _ fields: () -> [Field<Root>]) {
        let fields = fields()
        self.init(name, fields, fields.compactMap(\.check), false)
    }

    private init(
        _ name: String, _ fields: [Field<Root>], _ checks: [@Sendable (Root, inout Inspection) -> Void],
        _ refusesNull: Bool
    ) {
        self.refusesNull = refusesNull
        self.name = name
        self.fields = fields
        self.checks = checks
    }

    /// The same with a rule about several fields at once, which is checked after those of the fields.
    ///
    /// - Parameter holds: quick and pure; runs once for each request.
    public func requiring(
        _ code: String, _ message: String, _ holds: @escaping @Sendable (Root) -> Bool
    ) -> Schema {
        let check: @Sendable (Root, inout Inspection) -> Void = { root, inspection in
            if !holds(root) { inspection.report(code, message) }
        }
        return Schema(name, fields, checks + [check], refusesNull)
    }

    /// The same, refusing null for members that may be left out: for changes, where null would seem to remove what is
    /// there. Holds for a body as a whole, not for objects within one.
    public func refusingNull() -> Schema {
        Schema(name, fields, checks, true)
    }

    /// The object's JSON Schema.
    var shape: Shape {
        let shapes = fields.map { $0.shape() }
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        var keywords: [JSONValue.Member] = [.init("type", "object")]
        keywords.append(.init("properties", .object(zip(fields, shapes).map { .init($0.name, .object($1.keywords)) })))
        if !required.isEmpty { keywords.append(.init("required", .array(required))) }
        return Shape(keywords, references: shapes.flatMap(\.references))
    }

    @inlinable
    func write(_ root: Root, to json: inout JSONWriter) {
        json.beginObject()
        for field in fields { field.write(root, &json) }
        json.endObject()
    }

    @inlinable
    func check(_ root: Root, _ inspection: inout Inspection) {
        for check in checks where !inspection.isFull { check(root, &inspection) }
    }

    func inspect(_ json: JSONValue, _ inspection: inout Inspection) {
        guard case .object = json else { return Root.mismatch(json, &inspection) }
        for field in fields where !inspection.isFull {
            switch json[field.name] {
            case .none: if field.isRequired { inspection.report(in: field.name, "required", "is missing") }
            case .null?:
                if field.isRequired {
                    inspection.report(in: field.name, "required", "must not be null")
                } else if refusesNull {
                    Self.reportNull(field, &inspection)
                }
            case let value?: field.inspect(value, &inspection)
            }
        }
    }

    /// Reports the declared members that are null.
    func inspectNulls(_ json: JSONValue, _ inspection: inout Inspection) {
        guard case .object(let members) = json else { return }
        for member in members where member.value == .null && !inspection.isFull {
            guard let field = fields.first(where: { $0.name == member.name }) else { continue }
            Self.reportNull(field, &inspection)
        }
    }

    private static func reportNull(_ field: Field<Root>, _ inspection: inout Inspection) {
        inspection.report(in: field.name, "null", "must not be null; leave it out to keep what is there")
    }
}
