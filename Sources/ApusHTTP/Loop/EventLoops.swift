// SPDX-License-Identifier: Apache-2.0
public import NIOCore
public import NIOPosix

/// The event loops of a process. Servers, clients and services share one set.
public final class EventLoops: Sendable {
    /// NIO's group of the same loops.
    public let group: MultiThreadedEventLoopGroup
    /// Every loop, each at its index.
    public let all: [Loop]
    private let byID: [ObjectIdentifier: Loop]

    /// Starts the threads. Blocks for a moment; not for use on an event loop.
    ///
    /// - Parameter count: How many loops, at least 1.
    public init(count: Int) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, count))
        all = group.makeIterator().enumerated().map { Loop(index: $0.offset, eventLoop: $0.element) }
        byID = Dictionary(uniqueKeysWithValues: all.map { (ObjectIdentifier($0.eventLoop), $0) })
        for loop in all { loop.eventLoop.execute { loop.adoptThread() } }
    }

    /// The loop that the caller runs on, or else any.
    public var currentOrAny: Loop {
        if let current = Loop.current, current.index < all.count, all[current.index] === current { return current }
        return loop(of: group.next())
    }

    /// The loop around one of this group's event loops.
    public func loop(of eventLoop: any EventLoop) -> Loop {
        byID[ObjectIdentifier(eventLoop)] ?? all[0]
    }

    /// Stops the threads. Servers and clients that use them are shut down before.
    public func shutdown() async throws {
        try await group.shutdownGracefully()
    }
}
