// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// What a ``TinyLFUStore`` knows of an entry besides key and value: its place in a list, its weight and its times.
@usableFromInline
struct CacheEntry: Sendable {
    /// The lists an entry can be in. The first places of the store are their ends.
    @usableFromInline
    enum Segment: UInt8, Sendable {
        case window, probation, protected, free
    }

    /// The neighbour towards the newest.
    @usableFromInline var newer: Int
    /// The neighbour towards the oldest.
    @usableFromInline var older: Int
    @usableFromInline var segment: Segment
    @usableFromInline var weight = 0
    @usableFromInline var times = EntryTimes.forever

    /// The end of a list, or a place that is free: alone in its ring.
    @inlinable
    init(at position: Int, in segment: Segment) {
        newer = position
        older = position
        self.segment = segment
    }
}
