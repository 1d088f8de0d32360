// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// Counts of a server, for metrics. Reading them is cheap and never blocks.
public final class ServerStatistics: Sendable {
    /// Connections that are open now.
    public let openConnections = Atomic<Int>(0)
    /// Connections accepted since the start.
    public let acceptedConnections = Atomic<Int>(0)
    /// Connections refused because of ``HTTPServerConfiguration/maximumConnections``.
    public let refusedConnections = Atomic<Int>(0)
    /// Requests whose head was valid.
    public let requests = Atomic<Int>(0)
    /// Requests and bodies that broke the protocol or a limit.
    public let protocolErrors = Atomic<Int>(0)
    /// Connections closed because the client was too slow.
    public let timeouts = Atomic<Int>(0)
    /// Requests whose client went away before the response was complete.
    public let cancelled = Atomic<Int>(0)
}
