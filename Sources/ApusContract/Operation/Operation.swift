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
    @usableFromInline let layout: ParameterLayout
    /// Reads the parameters of a request: path, query, headers.
    @usableFromInline let decode: @Sendable ([Substring], Substring?, (String) -> String?) throws(Problem) -> Parameters
    /// The texts of the parameters, in the order of the fields; nil for one that is left out.
    @usableFromInline let texts: @Sendable (Parameters) -> [String?]

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
    @inlinable
    public init(
        _ method: OperationMethod, _ path: PathTemplate, name: String,
        parameters: Parameters.Type = NoParameters.self, headers: [String] = [], body: Body.Type = NoBody.self,
        output: Output.Type = NoOutput.self, status: Int? = nil, errors: [DeclaredError] = [],
        idempotency: Idempotency? = nil, summary: String = ""
    ) {
        let codec = ParameterCodec<Parameters>(path, headers: headers)
        layout = codec.layout
        decode = { (path, query, header) throws(Problem) in try codec.decode(path, query, header) }
        texts = { codec.texts(of: $0) }
        any = AnyOperation(
            name: name, method: method, path: path, parameters: Parameters.schema.fields, headers: headers,
            layout: codec.layout, body: Body.self == NoBody.self ? nil : Body.shape,
            output: Output.self == NoOutput.self ? nil : Output.shape, status: status, errors: errors,
            idempotency: idempotency, summary: summary)
    }
}
