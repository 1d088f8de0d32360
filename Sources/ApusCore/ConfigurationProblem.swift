// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong with a configuration: which key, and what would be right.
///
/// Nothing is silently corrected: a configuration type has `validate()`, which returns every problem at once, and
/// whoever is built from it throws them together as ``InvalidConfiguration``.
public struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
    /// The path of the key inside its configuration, such as `window` or `services.users.breaker.window`.
    public var key: String
    /// What is accepted, and what was given. Holds no secret.
    public var message: String

    public init(_ key: String, _ message: String) {
        self.key = key
        self.message = message
    }

    public var description: String { "\(key): \(message)" }
}

extension [ConfigurationProblem] {
    /// Notes a problem of `key` unless `condition` holds.
    public mutating func require(_ condition: Bool, _ key: String, _ message: @autoclosure () -> String) {
        if !condition { append(ConfigurationProblem(key, message())) }
    }
}

/// Every problem of a configuration that can't be used.
public struct InvalidConfiguration: Error, Sendable, Hashable, CustomStringConvertible {
    /// All of them, in the order of the configuration's keys.
    public let problems: [ConfigurationProblem]

    public init(_ problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    public var description: String { problems.map(\.description).joined(separator: "; ") }
}
