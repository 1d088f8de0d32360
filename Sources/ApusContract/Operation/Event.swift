// SPDX-License-Identifier: Apache-2.0

/// The payload of a message that a service publishes for others.
public protocol Event: Described {
    /// The name of the event's type, in snake case: what subscribers ask for.
    static var type: String { get }
    /// The version of the payload's form, at least 1. Raised by a change that older subscribers can't read. Default: 1.
    static var version: Int { get }
}

extension Event {
    public static var version: Int { 1 }
}
