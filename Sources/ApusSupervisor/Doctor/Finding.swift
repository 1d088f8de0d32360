// SPDX-License-Identifier: Apache-2.0

/// One thing that ``Doctor`` looked at.
public struct Finding: Hashable, Sendable {
    /// How serious it is.
    public enum Status: String, Sendable {
        case fine
        /// Everything works without it, or as long as nobody needs it.
        case notice
        /// Something won't work.
        case missing
    }

    /// How serious it is.
    public var status: Status
    /// What was looked at, in a word or two.
    public var subject: String
    /// What was found.
    public var detail: String
    /// The line that mends it.
    public var remedy: String?

    public init(_ status: Status, _ subject: String, _ detail: String, remedy: String? = nil) {
        self.status = status
        self.subject = subject
        self.detail = detail
        self.remedy = remedy
    }
}
