// SPDX-License-Identifier: Apache-2.0

/// What a ``FaultProxy`` does to a connection. Each connection draws its own numbers from these ranges when it is made, and
/// keeps them.
public struct ProxyFaults: Sendable {
    /// How long each piece is held back, in either direction, drawn for each piece. Order is kept. Default: not at all.
    public var delay: ClosedRange<Duration>?
    /// After how many bytes, both directions together, the connection is cut: half of the time in order, half of the time
    /// as if the machine had died. The bytes before still go through. Default: never.
    public var cutAfter: ClosedRange<Int>?
    /// After how many bytes, both directions together, nothing more goes through while the connection stays open.
    /// Default: never.
    public var stallAfter: ClosedRange<Int>?
    /// Which byte of the server is the first to be replaced by another one, counted from 0. Default: none.
    public var corruptFrom: ClosedRange<Int>?
    /// The chance of each byte after the first to be replaced as well. Default: 1/16. 0 to 1.
    public var corruption: Double

    public init(
        delay: ClosedRange<Duration>? = nil, cutAfter: ClosedRange<Int>? = nil, stallAfter: ClosedRange<Int>? = nil,
        corruptFrom: ClosedRange<Int>? = nil, corruption: Double = 1.0 / 16
    ) {
        self.delay = delay
        self.cutAfter = cutAfter
        self.stallAfter = stallAfter
        self.corruptFrom = corruptFrom
        self.corruption = corruption
    }
}

/// What a ``FaultProxy`` holds now and did so far.
public struct ProxyStatistics: Sendable, Hashable {
    /// Connections that neither side has ended.
    public var open = 0
    /// Connections made, ever; the rest likewise.
    public var accepted = 0
    /// Connections cut by the proxy.
    public var cut = 0
    /// Connections that stand still.
    public var stalled = 0
    /// Bytes of the server that were replaced.
    public var corrupted = 0

    public init() {}
}
