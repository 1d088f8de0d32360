// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import Synchronization

/// The one connection on which a client subscribes, made again when it is lost, and the subscribers behind it.
final class SubscriptionHub: @unchecked Sendable {
    // Sendable because only `add`, `remove` and `close` are used off the loop.

    /// What the server answers next, apart from messages.
    enum Expected {
        case subscribe(SubscriptionTable.Target)
        case unsubscribe
        case pong
    }

    /// A wish to subscribe, which may be taken back before the loop hears of it. The loop's own.
    private final class Wish: @unchecked Sendable {
        var isCancelled = false
    }

    /// A subscriber on its way.
    private struct Waiting {
        var continuation: CheckedContinuation<Result<SubscriptionTable.ID, RedisError>, Never>
        var timer: Scheduled<Void>
    }

    let eventLoop: any EventLoop
    let dialer: RedisDialer
    let time: TimeSource
    let counters: RedisCounters
    private let nextID = Atomic<UInt64>(0)

    // The loop's own.
    var reconnect: ReconnectState
    var table = SubscriptionTable()
    var queues: [SubscriptionTable.ID: SubscriptionQueue] = [:]
    var channel: RedisChannel?
    var expected = CircularBuffer<Expected>()
    var isAlive = true
    var heartbeat: RepeatedTask?
    private var waiting: [SubscriptionTable.ID: Waiting] = [:]

    init(
        _ dialer: RedisDialer, on eventLoop: any EventLoop, time: TimeSource, counters: RedisCounters,
        random: FastRandom
    ) {
        self.dialer = dialer
        self.eventLoop = eventLoop
        self.time = time
        self.counters = counters
        reconnect = ReconnectState(dialer.configuration.backoff, random: random)
    }

    // MARK: From any thread

    /// Adds a subscriber; returns when its channels are confirmed.
    func add(
        _ targets: [SubscriptionTable.Target], _ queue: SubscriptionQueue, deadline: Instant
    ) async throws(RedisError) -> SubscriptionTable.ID {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
        let wish = Wish()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                eventLoop.execute { self.begin(id, wish, targets, queue, deadline, continuation) }
            }
        } onCancel: {
            eventLoop.execute {
                wish.isCancelled = true
                self.fail(id, .cancelled(wasSent: true))
            }
        }
        return try result.get()
    }

    /// Takes a subscriber away.
    func remove(_ id: SubscriptionTable.ID) {
        eventLoop.execute { self.forget(id) }
    }

    /// Ends everything.
    func close() {
        eventLoop.execute {
            self.reconnect.close()
            for id in Array(self.waiting.keys) { self.fail(id, .closed) }
            for queue in self.queues.values { queue.end() }
            self.queues = [:]
            self.channel?.close(.closed)
        }
    }

    // MARK: On the loop

    private func begin(
        _ id: SubscriptionTable.ID, _ wish: Wish, _ targets: [SubscriptionTable.Target], _ queue: SubscriptionQueue,
        _ deadline: Instant, _ continuation: CheckedContinuation<Result<SubscriptionTable.ID, RedisError>, Never>
    ) {
        if wish.isCancelled { return continuation.resume(returning: .failure(.cancelled(wasSent: false))) }
        let needsDial = reconnect.want()
        let now = time.now
        if case .reject(let error) = reconnect.admission(now: now) {
            return continuation.resume(returning: .failure(error))
        }
        queues[id] = queue
        let (missing, isComplete) = table.add(id, targets)
        if isComplete { return continuation.resume(returning: .success(id)) }
        let timer = eventLoop.assumeIsolated().scheduleTask(
            in: .nanoseconds(max(0, now.duration(to: deadline).nanoseconds))
        ) { self.fail(id, .timeout(wasSent: true)) }
        waiting[id] = Waiting(continuation: continuation, timer: timer)
        if needsDial { dial() }
        subscribe(missing)
    }

    /// A subscriber's channels are confirmed.
    func succeed(_ id: SubscriptionTable.ID) {
        guard let waiter = waiting.removeValue(forKey: id) else { return }
        waiter.timer.cancel()
        waiter.continuation.resume(returning: .success(id))
    }

    /// A subscriber on its way doesn't arrive. Does nothing to one that has.
    func fail(_ id: SubscriptionTable.ID, _ error: RedisError) {
        guard let waiter = waiting.removeValue(forKey: id) else { return }
        waiter.timer.cancel()
        forget(id)
        waiter.continuation.resume(returning: .failure(error))
    }

    /// No connection could be made.
    func failAll(_ error: RedisError) {
        for id in Array(waiting.keys) { fail(id, error) }
    }

    private func forget(_ id: SubscriptionTable.ID) {
        queues.removeValue(forKey: id)?.end()
        unsubscribe(table.remove(id))
    }
}
