// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Which calls a fault looks at: those that fit everything that is given here.
public struct FaultMatch: Sendable, Hashable {
    /// A header, by name and, if given, value.
    public struct Header: Sendable, Hashable {
        /// In any case.
        public var name: String
        /// The whole value; nil if any will do.
        public var value: String?

        public init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    /// What is called, such as `client:users`, `server`, `database`, `cache` or `broker`; with a `*` at its end all that
    /// begin so. Default nil, any.
    public var target: String?
    /// The name of the operation, such as `getUser` or `SELECT`. Default nil, any.
    public var operation: String?
    /// The method, in capitals. Default nil, any.
    public var method: String?
    /// A pattern for the path, such as `/users/{id}/orders`: a part in braces or `*` stands for any one part, `**` at the end
    /// for whatever follows. Default nil, any.
    public var path: String?
    /// Default nil, any.
    public var header: Header?

    public init(
        target: String? = nil, operation: String? = nil, method: String? = nil, path: String? = nil,
        header: Header? = nil
    ) {
        self.target = target
        self.operation = operation
        self.method = method
        self.path = path
        self.header = header
    }

    /// Every problem of this match; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        if let path {
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            problems.require(
                path.utf8.first == UInt8(ascii: "/"), "path", "must begin with a slash, is '\(path)'")
            problems.require(!parts.dropLast().contains("**"), "path", "may have ** at its end only, is '\(path)'")
        }
        problems.require(target?.isEmpty != true, "target", "must not be empty")
        problems.require(header?.name.isEmpty != true, "header.name", "must not be empty")
        return problems
    }

    /// Whether a call fits.
    public func matches(_ call: some FaultSubject) -> Bool {
        if let target, !Self.matches(target, call.target) { return false }
        if let operation, call.operation != operation { return false }
        if let method, call.method != method { return false }
        if let path {
            guard let actual = call.path, Self.matches(path: path, actual) else { return false }
        }
        if let header {
            guard let value = call.header(header.name) else { return false }
            if let wanted = header.value, wanted != value { return false }
        }
        return true
    }

    private static func matches(_ pattern: String, _ target: String) -> Bool {
        pattern.utf8.last == UInt8(ascii: "*") ? target.hasPrefix(pattern.dropLast()) : target == pattern
    }

    private static func matches(path pattern: String, _ path: String) -> Bool {
        let plain = path.prefix { $0 != "?" }
        let wanted = pattern.split(separator: "/", omittingEmptySubsequences: false)
        let parts = plain.split(separator: "/", omittingEmptySubsequences: false)
        for (index, part) in wanted.enumerated() {
            if part == "**" { return true }
            guard index < parts.count else { return false }
            let isAny = part == "*" || (part.first == "{" && part.last == "}")
            if isAny ? parts[index].isEmpty : part != parts[index] { return false }
        }
        return wanted.count == parts.count
    }
}
