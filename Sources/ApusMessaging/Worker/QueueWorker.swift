// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import ApusResilience
public import Logging
public import ServiceLifecycle
internal import Synchronization

/// Takes messages of one channel and runs their handlers: bounded in number, each under a lease that is extended while
/// it runs.
///
/// - It wakes at once when something is published in this process, when the next message comes due, and at the poll
///   interval for other processes; otherwise it does nothing.
/// - When a lease is lost (the process was paused, the database away for long), the handler is cancelled and what it
///   returns is refused.
/// - A handler sees the message's trace and request id, the attempt, and as deadline its timeout, or when the message
///   expires if that is earlier, in `CallContext.current`.
/// - On graceful shutdown it takes no more, lets handlers finish within the drain timeout, then cancels them and gives
///   their messages back uncounted; it returns even if a handler, or the store, doesn't.
public final class QueueWorker: Service {
    /// What it works on, and how.
    public let channel: Channel
    public let configuration: WorkerConfiguration
    let store: any QueueStore
    let observer: (any QueueObserver)?
    let logger: Logger
    private let resolve: @Sendable (String) -> MessageHandler?
    let state = Mutex(WorkerState())
    let signal = WakeSignal()
    private let random: Mutex<FastRandom>
    let settlements: SettlementLane

    /// A worker that runs the queue's own handlers.
    ///
    /// - Parameter random: spreads what is tried again.
    /// - Throws: what is out of range.
    public convenience init(
        queue: MessageQueue, configuration: WorkerConfiguration = .init(),
        logger: Logger = Logger(label: "apus.queue"), random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        try self.init(
            store: queue.store, channel: queue.channel, configuration: configuration, observer: queue.observer,
            logger: logger, random: random,
            resolve: { queue.handler(for: $0) })
    }

    /// A worker that runs one handler for every type of a channel.
    ///
    /// - Parameter random: spreads what is tried again.
    /// - Throws: what is out of range.
    public convenience init(
        store: any QueueStore, channel: Channel, configuration: WorkerConfiguration = .init(),
        observer: (any QueueObserver)? = nil, logger: Logger = Logger(label: "apus.queue"),
        random: FastRandom = FastRandom(), handler: @escaping @Sendable (Delivery) async throws -> Void
    ) throws(InvalidConfiguration) {
        let handler = MessageHandler(handler)
        try self.init(
            store: store, channel: channel, configuration: configuration, observer: observer, logger: logger,
            random: random, resolve: { _ in handler })
    }

    init(
        store: any QueueStore, channel: Channel, configuration: WorkerConfiguration,
        observer: (any QueueObserver)?, logger: Logger, random: FastRandom,
        resolve: @escaping @Sendable (String) -> MessageHandler?
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.store = store
        self.channel = channel
        self.configuration = configuration
        self.observer = observer
        self.logger = logger
        self.resolve = resolve
        self.random = Mutex(random)
        settlements = SettlementLane(store: store)
    }

    /// Works until graceful shutdown or cancellation, then drains. Once.
    public func run() async throws {
        // Settling and giving back must go on after the caller was cancelled, so the work has a task of its own.
        let ended = WakeSignal()
        let limit = Mutex<Task<Void, Never>?>(nil)
        _ = task {
            await self.work()
            ended.raise()
        }
        await withTaskCancellationOrGracefulShutdownHandler {
            await ended.wait(upTo: nil, store.clock)
        } onCancelOrGracefulShutdown: {
            self.state.withLock { $0.stop() }
            self.signal.raise()
            limit.withLock { $0 = $0 ?? self.task { await self.giveUp(ended) } }
        }
        limit.withLock { $0?.cancel() }
    }

    /// Ends the wait for a store that doesn't answer, some time after the drain timeout.
    private func giveUp(_ ended: WakeSignal) async {
        do {
            try await store.clock.sleep(for: configuration.drainTimeout + Self.patience)
        } catch {
            // The work has ended.
            return
        }
        logger.error("the queue's store doesn't answer at the end", metadata: ["channel": "\(channel)"])
        ended.raise()
    }

    /// How long the store may take at the end, beyond the drain timeout and the second that cancelled handlers have.
    private static let patience = Duration.seconds(3)

    /// Messages in the hand of this worker.
    public var inHand: Int { state.withLock { $0.hands.count } }

    private func work() async {
        let waker = store.wake(on: channel) { self.signal.raise() }
        let heart = task { await self.beat() }
        await takeMessages()
        await drain()
        // They may still use the store, which whoever waits for the worker closes next.
        heart.cancel()
        await heart.value
        let maintenance = state.withLock { $0.maintenance }
        maintenance?.cancel()
        await maintenance?.value
        store.stopWaking(waker)
    }

    private func takeMessages() async {
        while true {
            let (isStopping, pausedUntil, free) = state.withLock { state in
                // After a failure of the whole channel, one message at a time finds out whether it works again.
                let places = state.pausedUntil == nil ? configuration.concurrency : 1
                return (state.isStopping, state.pausedUntil, places - state.hands.count)
            }
            if isStopping { return }
            let now = store.clock.now
            if let pausedUntil, pausedUntil > now {
                await signal.wait(upTo: now.duration(to: pausedUntil), store.clock)
                continue
            }
            guard free > 0 else {
                await signal.wait(upTo: nil, store.clock)
                continue
            }
            do {
                let wait = try await take(upTo: free)
                if let wait { await signal.wait(upTo: wait, store.clock) }
            } catch {
                noteStorageFailure(error)
            }
        }
    }

    /// Claims and begins; gives how long to wait, or nil if there may be more at once.
    private func take(upTo limit: Int) async throws(MessagingError) -> Duration? {
        let claimed = store.clock.now
        let deliveries = try await store.claim(limit, from: channel, lease: configuration.lease)
        if !configuration.pausesOnFailure { state.withLock { $0.succeeded() } }
        for delivery in deliveries { begin(delivery, claimed: claimed) }
        if deliveries.count == limit { return nil }
        let due = try await store.nextDue(in: channel)
        return min(due ?? configuration.pollInterval, configuration.pollInterval)
    }

    func noteStorageFailure(_ error: MessagingError) {
        observer?.observe(.storageFailed(channel: channel, error: "\(error)"))
        logger.error("the queue's store failed", metadata: ["channel": "\(channel)", "error": "\(error)"])
        pause()
    }

    /// Stops taking messages for a while that grows with the failures in a row.
    func pause() {
        let now = store.clock.now
        state.withLock { state in
            state.failed(now: now) { failures in
                let backoff = configuration.retry.backoff
                return random.withLock { random in
                    min(backoff.delay(afterAttempt: failures, using: &random), .seconds(30))
                }
            }
        }
    }

    private func begin(_ delivery: Delivery, claimed: Instant) {
        let now = store.clock.now
        let id = state.withLock {
            $0.take(delivery, leaseEnds: claimed.advanced(by: configuration.lease), now: now)
        }
        _ = task { await self.process(delivery, id, began: now) }
    }

    /// A task that nothing cancels with the one that begins it.
    func task(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: store.clock.executor) { await body() }
    }

    /// Runs the handler and settles. Nothing cancels the task around it, only the handler's inside.
    private func process(_ delivery: Delivery, _ id: Int64, began: Instant) async {
        let handling = Task(executorPreference: store.clock.executor) { try await self.handle(delivery, began: began) }
        if state.withLock({ $0.began(id, handling) }) { handling.cancel() }
        let result = await handling.result
        let ending = state.withLock { $0.returned(id) }
        await settle(delivery, result, ending, began: began)
        state.withLock { $0.release(id) }
        signal.raise()
    }

    private func handle(_ delivery: Delivery, began: Instant) async throws {
        let message = delivery.message
        if delivery.attempt > configuration.retry.maximumAttempts {
            throw Unprocessable(
                .attemptsExhausted,
                "in each of \(delivery.attempt - 1) attempts the process ended, or the handler didn't return")
        }
        if let expires = message.expires, expires <= store.clock.date {
            throw Unprocessable(.expired, "it expired at \(expires)")
        }
        guard let handler = resolve(message.type) else {
            throw Unprocessable(.unhandled, message.extensions["unreadable"] ?? "no handler for \(message.type)")
        }
        var limit = configuration.handlerTimeout
        if let expires = message.expires { limit = min(limit, store.clock.date.duration(to: expires)) }
        let context = CallContext(
            deadline: began.advanced(by: limit),
            attempt: UInt8(clamping: delivery.attempt), requestID: message.requestID, trace: message.trace)
        try await CallContext.$current.withValue(context) {
            try await handler.handle(delivery)
        }
    }

    /// The settlement that the result calls for.
    func settlement(
        of delivery: Delivery, _ result: Result<Void, any Error>, _ ending: WorkerState.Ending?
    ) -> Settlement {
        // A handler that was cancelled may return without having done anything, so that says nothing.
        switch (result, ending) {
        case (.success, nil): return .done
        case (_, .stopping): return .giveBack(after: .zero)
        case (.failure(let error as Unprocessable), _):
            return .dead(error.reason, error: RetryPolicy.text(error.message))
        case (.success, _): return retry(delivery, after: HandlerTimedOut(after: configuration.handlerTimeout))
        case (.failure(let error), _):
            return retry(
                delivery, after: ending == .timedOut ? HandlerTimedOut(after: configuration.handlerTimeout) : error)
        }
    }

    private func retry(_ delivery: Delivery, after error: any Error) -> Settlement {
        let age = delivery.message.created.duration(to: store.clock.date)
        return random.withLock { random in
            configuration.retry.settlement(of: delivery, age: age, after: error, using: &random)
        }
    }
}
