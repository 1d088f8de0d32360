// SPDX-License-Identifier: Apache-2.0

/// How many entries a ``TinyLFUStore`` lost without being told to remove them, by cause.
@usableFromInline
struct CacheLosses: Sendable, Hashable {
    /// For others, for want of room.
    @usableFromInline var evicted = 0
    /// Those of the evicted that lost against an older entry when they left the window.
    @usableFromInline var rejected = 0
    /// Too old.
    @usableFromInline var expired = 0
    /// Not stored, being heavier than the capacity.
    @usableFromInline var oversized = 0

    @inlinable
    init() {}
}
