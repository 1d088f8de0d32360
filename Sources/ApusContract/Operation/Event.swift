// SPDX-License-Identifier: Apache-2.0

/// The payload of a message that a service publishes for others.
public protocol Event: Described {
    /// The name of the event's type, in snake case: what subscribers ask for.
    static var type: String { get }
}
