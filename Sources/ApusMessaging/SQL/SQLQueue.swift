// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusSQL
internal import Synchronization

/// A queue stored in the service's own database, so that a message is published in the transaction of the change that it
/// tells about, and is as safe as that.
///
/// - At least once: a message is handled until a handler returns without throwing; it survives the end of the process. An
///   ``Inbox`` makes the effect happen once.
/// - A message is claimed under a lease. Whoever loses it can't settle the message any more.
/// - Messages are claimed in the order in which they came due. Handlers that run at the same time finish in any order; a
///   message that is tried again lines up anew.
/// - Each other service that subscribes has a channel of its own (``Relay`` empties it), so one that is down holds nobody.
///
/// Works on SQLite; the statements are written for PostgreSQL too. Every method may be called from any task.
public final class SQLQueue: Sendable {
    /// What it was made with.
    public let configuration: QueueConfiguration
    public let clock: QueueClock
    let database: any Database
    let observer: (any QueueObserver)?
    let state: Mutex<State>

    struct State: Sendable {
        var routing: Routing
        var handlers: [String: MessageHandler] = [:]
        var depth = DepthEstimate()
        var wakers: [UInt64: Waker] = [:]
        var nextWaker: UInt64 = 0
        var random = FastRandom()
    }

    struct Waker: Sendable {
        let channel: Channel
        let wake: @Sendable () -> Void
    }

    /// A queue in `database`, whose tables ``migrations`` has made.
    ///
    /// - Parameters:
    ///   - subscriptions: which other services want which types.
    ///   - observer: told what happens, for metrics.
    /// - Throws: what is out of range.
    public init(
        database: any Database, configuration: QueueConfiguration, subscriptions: [Subscription] = [],
        observer: (any QueueObserver)? = nil, clock: QueueClock = .system()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.database = database
        self.configuration = configuration
        self.observer = observer
        self.clock = clock
        state = Mutex(State(routing: Routing(subscriptions: subscriptions)))
    }

    /// Which other services want which types. What is published later goes by the new list.
    public var subscriptions: [Subscription] {
        get { state.withLock { $0.routing.subscriptions } }
        set { state.withLock { $0.routing.subscriptions = newValue } }
    }

    /// Lets `handler` handle the messages of a type, in the workers of this process. Before they run.
    ///
    /// The handler may be called more than once for a message, and must stop when its task is cancelled.
    ///
    /// - Throws: `misuse` if the type has a handler.
    public func subscribe<Payload: Sendable>(
        _ type: MessageType<Payload>,
        _ handler: @escaping @Sendable (Payload, Delivery) async throws -> Void
    ) throws(MessagingError) {
        let isNew = state.withLock { state in
            guard state.handlers[type.name] == nil else { return false }
            state.handlers[type.name] = MessageHandler(type, handler)
            state.routing.localTypes.insert(type.name)
            return true
        }
        guard isNew else { throw MessagingError(.misuse, "\(type.name) has a handler already") }
    }

    /// The handler of a type, if there is one.
    func handler(for type: String) -> MessageHandler? {
        state.withLock { $0.handlers[type] }
    }

    /// Wakes the workers of `channels`.
    func wakeWorkers(of channels: some Sequence<Channel>) {
        let channels = Set(channels)
        let wakers = state.withLock { $0.wakers.values.filter { channels.contains($0.channel) } }
        for waker in wakers { waker.wake() }
    }
}
