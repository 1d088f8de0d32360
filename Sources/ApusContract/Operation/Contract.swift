// SPDX-License-Identifier: Apache-2.0

/// The operations of a service, declared once in a module that the service and its callers import.
///
///     public enum UsersAPI: Contract {
///         public static let name = "users"
///         public static let version = "1.0.0"
///         public static var operations: [AnyOperation] { getUser; createUser }
///
///         public static let getUser = Operation(…)
///         public static let createUser = Operation(…)
///     }
public protocol Contract {
    /// The service's name in the registry.
    static var name: String { get }
    /// The version of the contract, as semantic versioning has it.
    static var version: String { get }
    /// What the service is for, in a line.
    static var summary: String { get }
    /// All operations.
    @OperationListBuilder static var operations: [AnyOperation] { get }
}

extension Contract {
    public static var summary: String { "" }

    /// Inside a contract `Operation` is ours, also where Foundation, which has another, is imported.
    public typealias Operation<Parameters: Described, Body: SchemaValue, Output: SchemaValue> =
        ApusContract.Operation<Parameters, Body, Output>
}

/// Lists the operations of a ``Contract``.
@resultBuilder
public enum OperationListBuilder {
    /// An operation in the list, its types left aside.
    public static func buildExpression<Parameters, Body, Output>(
        _ operation: Operation<Parameters, Body, Output>
    ) -> AnyOperation { operation.any }
    /// The list, in the order in which it was written.
    public static func buildBlock(_ operations: AnyOperation...) -> [AnyOperation] { operations }
}
