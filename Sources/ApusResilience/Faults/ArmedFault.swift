// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A rule that is armed.
public struct ArmedFault: Sendable, Hashable {
    /// What it does to whom.
    public let rule: FaultRule
    /// When it stops by itself.
    public let expires: Instant
    /// How many calls it has looked at that match.
    public internal(set) var matched: UInt64 = 0
    /// How many of them it has hit.
    public internal(set) var injected: UInt64 = 0
}
