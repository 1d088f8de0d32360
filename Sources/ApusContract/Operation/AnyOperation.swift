// SPDX-License-Identifier: Apache-2.0

/// What can be said about an operation without its types: what routes and documents are made from.
public struct AnyOperation: Sendable {
    /// One parameter: its name, its place and its shape.
    public struct Parameter: Sendable {
        public let name: String
        public let place: ParameterPlace
        public let isRequired: Bool
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
}
