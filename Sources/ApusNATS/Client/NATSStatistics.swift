// SPDX-License-Identifier: Apache-2.0

/// What a client has counted since it was made.
public struct NATSStatistics: Sendable, Hashable {
    /// Whether it is connected now.
    public var isConnected = false
    /// Requests without an answer now.
    public var pending = 0
    /// Bytes of those requests.
    public var pendingBytes = 0
    /// Connections that were tried, and tries that failed.
    public var dials = 0
    public var failedDials = 0
    /// Connections that ended by themselves.
    public var lostConnections = 0
    /// Requests that were sent, and those whose deadline passed.
    public var requests = 0
    public var timeouts = 0
    /// Requests that were refused because too many were pending.
    public var overloaded = 0
    /// Messages that came when nobody waited for them any more.
    public var lateMessages = 0

    public init() {}
}
