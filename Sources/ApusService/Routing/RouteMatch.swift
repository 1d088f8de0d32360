// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

/// What a ``Router`` found.
public enum RouteMatch<Value: Sendable>: Sendable {
    /// A route, and where in the path its parameters stand.
    case found(Value, PathCaptures)
    /// The path has routes, but not for this method: what `Allow` says.
    case methodNotAllowed([HTTPMethod])
    case notFound
}

/// Routes that can't be built: every problem at once.
public struct RouterError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sentence for each problem.
    public let problems: [String]

    public init(problems: [String]) {
        self.problems = problems
    }

    public var description: String { problems.joined(separator: "; ") }
}
