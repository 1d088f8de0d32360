// SPDX-License-Identifier: Apache-2.0

/// What a ``RedisQueue`` has mended since it was made.
public struct RedisQueueCounters: Sendable, Hashable {
    /// Consumer groups that were made anew because someone had deleted them or their stream.
    public var recreatedGroups = 0
    /// Ordering keys, unique keys and notes that were let go because their messages had been deleted from the stream.
    public var mended = 0
    /// Entries that had been read by other means than a queue, and were taken back.
    public var adopted = 0

    public init() {}
}
