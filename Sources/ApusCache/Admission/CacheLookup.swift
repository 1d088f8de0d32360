// SPDX-License-Identifier: Apache-2.0

/// What a lookup in a ``TinyLFUStore`` found.
@usableFromInline
enum CacheLookup<Value: Sendable>: Sendable {
    /// A fresh value.
    case hit(Value)
    /// A fresh value that is to be refreshed ahead of its expiry.
    case due(Value)
    /// A value that has expired but is kept for the case that there is nothing better.
    case stale(Value, EntryTimes)
    case missing
}
