// SPDX-License-Identifier: Apache-2.0

/// One rule that a request breaks.
public struct Violation: Sendable, Hashable, Codable {
    /// Where: a JSON pointer (RFC 6901) into the body, such as `/items/0/quantity`, or the name of a parameter.
    public var field: String
    /// Which rule, by a stable name: `required`, `type`, `length`, `range`, `email`, …
    public var code: String
    /// What is expected, for a person.
    public var message: String

    public init(field: String, code: String, message: String) {
        self.field = field
        self.code = code
        self.message = message
    }
}
