// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import Synchronization

/// What a service publishes to and subscribes at: messages of any type, over a store.
///
/// - At least once: a message is handled until a handler returns without throwing. On a durable store it survives the end
///   of the process. An ``Inbox`` makes the effect happen once.
/// - A message is claimed under a lease. Whoever loses it has its handler cancelled and can't settle the message any more.
/// - Messages are claimed by priority, then in the order of publishing. Handlers that run at the same time finish in any
///   order; messages of one ordering key are handled one after the other.
/// - Each other service that subscribes has a channel of its own, so one that is down holds nobody.
///
/// Every method may be called from any task.
public final class MessageQueue: Sendable {
    /// Where the messages are.
    public let store: any QueueStore
    /// What the handlers here work on.
    public let channel: Channel
    /// Told what happens, for metrics.
    public let observer: (any QueueObserver)?
    let state: Mutex<State>

    struct State: Sendable {
        var routing: Routing
        var handlers: [String: MessageHandler] = [:]
        var random: FastRandom
    }

    /// A queue over `store`.
    ///
    /// - Parameters:
    ///   - channel: what the handlers here work on. Default: ``Channel/local``.
    ///   - routing: who else gets what is published here. Default: nobody.
    ///   - observer: told what happens, for metrics.
    ///   - random: where the ids of messages come from.
    public init(
        store: any QueueStore, channel: Channel = .local, routing: Routing = .subscriptions([]),
        observer: (any QueueObserver)? = nil, random: FastRandom = FastRandom()
    ) {
        self.store = store
        self.channel = channel
        self.observer = observer
        state = Mutex(State(routing: routing, random: random))
    }

    /// The bounds of the store.
    public var configuration: QueueConfiguration { store.configuration }

    /// What the store goes by.
    public var clock: QueueClock { store.clock }

    /// Who else gets what is published here. What is published later goes by the new value.
    public var routing: Routing {
        get { state.withLock { $0.routing } }
        set { state.withLock { $0.routing = newValue } }
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
            return true
        }
        guard isNew else { throw MessagingError(.misuse, "\(type.name) has a handler already") }
    }

    /// The types that have a handler here.
    public var handledTypes: Set<String> { state.withLock { Set($0.handlers.keys) } }

    /// The handler of a type, if there is one.
    func handler(for type: String) -> MessageHandler? {
        state.withLock { $0.handlers[type] }
    }

    func channels(for type: String) -> [Channel] {
        state.withLock { $0.routing.channels(for: type, own: $0.handlers[type] == nil ? nil : channel) }
    }
}
