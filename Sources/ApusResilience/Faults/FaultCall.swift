// SPDX-License-Identifier: Apache-2.0

/// A call as faults see it, for what has no better type: a statement, a command, a message.
public struct FaultCall: FaultSubject, Sendable, Hashable {
    public var target: String
    public var operation: String?
    public var method: String?
    public var path: String?
    /// The headers, their names in lower case.
    public var headers: [String: String]

    public init(
        target: String, operation: String? = nil, method: String? = nil, path: String? = nil,
        headers: [String: String] = [:]
    ) {
        self.target = target
        self.operation = operation
        self.method = method
        self.path = path
        self.headers = headers
    }

    public func header(_ name: String) -> String? { headers[name.lowercased()] }
}
