// SPDX-License-Identifier: Apache-2.0

/// How much a request matters when not all can be served. Lower ones are shed first.
///
/// Source: the criticalities of Google's SRE book, "Handling overload".
public enum CallPriority: UInt8, Sendable, Hashable, Comparable, CaseIterable {
    /// May be missing: prefetching, batches, what is repeated anyhow.
    case sheddable = 0
    /// The default.
    case normal = 1
    /// A person waits for it.
    case high = 2
    /// Must work or the system doesn't: payment, login, health checks. Keep it rare; it is shed only when nothing else is
    /// left to shed.
    case critical = 3

    public static func < (left: CallPriority, right: CallPriority) -> Bool { left.rawValue < right.rawValue }
}
