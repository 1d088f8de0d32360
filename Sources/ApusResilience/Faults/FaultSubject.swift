// SPDX-License-Identifier: Apache-2.0

/// What a fault can know of a call: a request to this process, a call to a service, a statement, a command to the cache, a
/// message to the broker. Read only while faults are armed.
public protocol FaultSubject {
    /// What is called, such as `client:users`, `server`, `database`, `cache` or `broker`.
    var target: String { get }
    /// The name of the operation, if it has one.
    var operation: String? { get }
    /// The method, if it has one, in capitals.
    var method: String? { get }
    /// The path, if it has one; a query is left aside.
    var path: String? { get }
    /// The value of a header by its name in any case, if it has one.
    func header(_ name: String) -> String?
}

extension FaultSubject {
    public var operation: String? { nil }
    public var method: String? { nil }
    public var path: String? { nil }
    public func header(_ name: String) -> String? { nil }
}
