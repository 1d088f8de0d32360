// SPDX-License-Identifier: Apache-2.0

/// An object on the wire whose fields and rules are declared once.
///
///     struct NewUser: Described {
///         let name: String
///         let email: String
///
///         static let schema = Schema<NewUser> {
///             Field("name", \.name, .length(1...100))
///             Field("email", \.email, .email, .length(3...254))
///         }
///     }
///
/// From this come: the JSON that is written (in the order of the fields), the check of what was decoded, the list of
/// everything that is wrong with a body that can't be decoded, and the type's JSON Schema in OpenAPI. The fields' names are
/// those of the coding keys: encode a value and decode it again in a test of yours to know that they agree.
public protocol Described: SchemaValue {
    /// The fields and their rules. A stored property (`static let`), so that it is made once.
    static var schema: Schema<Self> { get }
}

extension Described {
    public static var expectation: String { "an object" }
    // Doesn't ask the schema, which may be about to be made: types may contain each other.
    @inlinable public static var hasRules: Bool { true }

    public static var shape: Shape {
        .reference(schema.name) { schema.shape }
    }

    @inlinable
    public func write(to json: inout JSONWriter) {
        Self.schema.write(self, to: &json)
    }

    @inlinable
    public func check(_ inspection: inout Inspection) {
        Self.schema.check(self, &inspection)
    }

    public static func inspectNulls(_ json: JSONValue, _ inspection: inout Inspection) {
        if schema.refusesNull { schema.inspectNulls(json, &inspection) }
    }

    public static func inspect(_ json: JSONValue, _ inspection: inout Inspection) -> Self? {
        schema.inspect(json, &inspection)
        return nil
    }
}
