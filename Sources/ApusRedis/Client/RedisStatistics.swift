// SPDX-License-Identifier: Apache-2.0

/// What a client has counted since it was made.
public struct RedisStatistics: Sendable, Hashable {
    /// Connections that are open now; those of ``RedisClient/withConnection(_:)`` and of subscribers not included.
    public var connections = 0
    /// Commands that wait to be sent or for a reply now.
    public var pending = 0
    /// Connections that were tried, and tries that failed.
    public var dials = 0
    public var failedDials = 0
    /// Connections that ended by themselves.
    public var lostConnections = 0
    /// Commands whose deadline passed.
    public var timeouts = 0
    /// Commands that were refused because too many waited.
    public var overloaded = 0
    /// Messages that subscribers were too slow for.
    public var droppedMessages = 0

    public init() {}
}
