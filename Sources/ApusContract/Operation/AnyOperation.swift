// SPDX-License-Identifier: Apache-2.0

/// What can be said about an operation without its types: what routes and documents are made from.
public final class AnyOperation: Sendable {
    /// One parameter: its name, its place and its shape.
    public struct Parameter: Sendable {
        /// The name of the field of the parameters' type.
        public let name: String
        /// Where in the request it stands.
        public let place: ParameterPlace
        /// Whether a request without it is refused.
        public let isRequired: Bool
        /// What its values look like.
        public let shape: Shape
    }

    /// Its name within the contract, in lower camel case: the `operationId`.
    public let name: String
    public let method: OperationMethod
    public let path: PathTemplate
    /// The fields of the parameters' type, in their order.
    public let parameters: [Parameter]
    /// nil if it takes no body.
    public let body: Shape?
    /// nil if it answers none.
    public let output: Shape?
    /// The status of success.
    public let status: Int
    /// The errors that it declares.
    public let errors: [DeclaredError]
    public let idempotency: Idempotency
    /// One line for the reader of the documentation.
    public let summary: String
    /// What keeps it from working; empty for a usable operation.
    public let problems: [String]

    @usableFromInline
    init<Root: Described>(
        name: String, method: OperationMethod, path: PathTemplate, parameters fields: [Field<Root>],
        headers: [String], layout: ParameterLayout, body: Shape?, output: Shape?, status: Int?,
        errors: [DeclaredError], idempotency: Idempotency?, summary: String
    ) {
        self.name = name
        self.method = method
        self.path = path
        self.parameters = zip(fields, layout.slots).map { field, slot in
            Parameter(name: field.name, place: slot.place, isRequired: field.isRequired, shape: field.shape())
        }
        self.body = body
        self.output = output
        self.status = status ?? (output == nil ? 204 : 200)
        self.errors = errors
        self.idempotency = idempotency ?? .standard(for: method)
        self.summary = summary
        var problems = path.problems
        for name in path.parameters where !fields.contains(where: { $0.name == name && $0.isRequired }) {
            problems.append("{\(name)} is no required field of \(Root.self)")
        }
        for name in headers where !fields.contains(where: { $0.name == name }) {
            problems.append("the header \(name) is no field of \(Root.self)")
        }
        self.problems = problems
    }
}
