// SPDX-License-Identifier: Apache-2.0

/// One operation of a service, declared once: the route, the client and the documentation come from this value.
///
///     public enum UsersAPI: Contract {
///         public static let getUser = Operation(
///             .get, "/v1/users/{id}", name: "getUser", parameters: UserReference.self, output: User.self,
///             errors: [.notFound])
///     }
///
/// Parameters are the fields of one ``Described`` type. Those that the path names are taken from there, those that
/// `headers` names from the headers, all others from the query. They are text on the wire: only fields of a
/// single value (numbers, texts, dates, choices) fit.
public struct Operation<Parameters: Described, Body: SchemaValue, Output: SchemaValue>: Sendable {
    /// What can be said about it without its types.
    public let any: AnyOperation
    /// Where each field of `Parameters` stands, in the order of the fields.
    let places: [ParameterPlace]

    /// Declares an operation.
    ///
    /// - Parameters:
    ///   - path: the path below the service's root; `{name}` fills the field `name` of `parameters`.
    ///   - name: unique within the contract, in lower camel case.
    ///   - headers: the fields of `parameters` that are headers, by their coding keys, such as `If-Match`.
    ///   - status: the status of success; 200 by default, 204 without an output.
    ///   - errors: the errors that it answers, besides those that every operation can: `malformed_json` and `invalid`
    ///     where there is something to be wrong, and failures of the service itself.
    ///   - idempotency: what HTTP says about the method by default.
    ///   - summary: one line for the reader of the documentation.
    public init(
        _ method: OperationMethod, _ path: PathTemplate, name: String,
        parameters: Parameters.Type = NoParameters.self, headers: [String] = [], body: Body.Type = NoBody.self,
        output: Output.Type = NoOutput.self, status: Int? = nil, errors: [DeclaredError] = [],
        idempotency: Idempotency? = nil, summary: String = ""
    ) {
        let fields = Parameters.schema.fields
        let pathNames = path.parameters
        places = fields.map { field in
            pathNames.contains(field.name) ? .path : headers.contains(field.name) ? .header : .query
        }
        let described = zip(fields, places).map { field, place in
            AnyOperation.Parameter(
                name: field.name, place: place, isRequired: field.isRequired, shape: field.shape())
        }
        any = AnyOperation(
            name: name, method: method, path: path, parameters: described,
            body: Body.self == NoBody.self ? nil : Body.shape,
            output: Output.self == NoOutput.self ? nil : Output.shape,
            status: status ?? (Output.self == NoOutput.self ? 204 : 200), errors: errors,
            idempotency: idempotency ?? .standard(for: method), summary: summary,
            problems: path.problems + Self.problems(path: pathNames, headers: headers))
    }

    private static func problems(path: [String], headers: [String]) -> [String] {
        let fields = Parameters.schema.fields
        var problems: [String] = []
        for name in path where !fields.contains(where: { $0.name == name && $0.isRequired }) {
            problems.append("{\(name)} is no required field of \(Parameters.self)")
        }
        for name in headers where !fields.contains(where: { $0.name == name }) {
            problems.append("the header \(name) is no field of \(Parameters.self)")
        }
        return problems
    }
}
