// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import Synchronization

/// The connection of one event loop to Redis, made again when it is lost, with the commands that wait for it and for
/// their replies.
///
/// Commands come in from any thread. Those of one turn of the loop leave in one write, or in a few if they are many, so that
/// the server has work while the rest are written. Everything else happens on the loop.
final class RedisLink: @unchecked Sendable {
    // Sendable because only the members of "From any thread" are used off the loop.

    private struct Inbox {
        var commands: [PendingCommand] = []
        var isScheduled = false
        var isClosed = false
    }

    /// So many commands leave at once, even if more come in the same turn.
    private static let burst = 16

    let eventLoop: any EventLoop
    let dialer: RedisDialer
    let time: TimeSource
    /// Whether a command that nobody waits for any more ends the connection, which has one user.
    let isDedicated: Bool
    let status: LinkStatus
    private let inbox = Mutex(Inbox())

    // The loop's own.
    var reconnect: ReconnectState
    var channel: RedisChannel?
    var waiting = CircularBuffer<PendingCommand>()
    var sent = CircularBuffer<PendingCommand>()
    /// When something came last, or the first of `sent` was sent.
    var lastProgress: Instant
    /// Whether something came since the timer looked last: replies don't ask for the time.
    var hadProgress = false
    var timerAt = Instant.distantFuture
    private var drained: [PendingCommand] = []
    private var output = ByteBuffer()

    var configuration: RedisConfiguration { dialer.configuration }

    init(
        _ dialer: RedisDialer, on eventLoop: any EventLoop, isDedicated: Bool = false, time: TimeSource,
        counters: RedisCounters, random: FastRandom
    ) {
        self.dialer = dialer
        self.eventLoop = eventLoop
        self.isDedicated = isDedicated
        self.time = time
        status = LinkStatus(counters)
        reconnect = ReconnectState(dialer.configuration.backoff, reconnects: !isDedicated, random: random)
        lastProgress = time.now
    }

    // MARK: From any thread

    /// Sends a command, or several in one piece, and waits for the reply: an array of the replies if it is several.
    func send(_ piece: RedisPiece, deadline: Instant) async throws(RedisError) -> RedisValue {
        let pending = PendingCommand(piece, deadline: deadline)
        try admit(pending)
        let outcome = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                pending.receiver = .task(continuation)
                submit(pending)
            }
        } onCancel: {
            eventLoop.execute { self.cancel(pending) }
        }
        return try outcome.get()
    }

    /// As ``send(_:deadline:)``, for who doesn't wait: `done` is called on the loop, or at once if nothing is sent.
    func start(
        _ piece: RedisPiece, deadline: Instant, done: @escaping @Sendable (PendingCommand.Outcome) -> Void
    ) {
        let pending = PendingCommand(piece, deadline: deadline)
        do throws(RedisError) {
            try admit(pending)
        } catch {
            return done(.failure(error))
        }
        pending.receiver = .call(done)
        submit(pending)
    }

    /// Ends the connection and fails what waits.
    func close() {
        inbox.withLock { $0.isClosed = true }
        eventLoop.execute { self.shutDown() }
    }

    private func admit(_ pending: PendingCommand) throws(RedisError) {
        guard pending.size <= configuration.maximumPendingBytes else {
            throw RedisError(
                .tooLarge, "the command is larger than \(configuration.maximumPendingBytes) bytes", mayHaveRun: false)
        }
        guard
            status.take(
                bytes: pending.size, maximum: configuration.maximumPending,
                maximumBytes: configuration.maximumPendingBytes)
        else {
            status.counters.overloaded.wrappingAdd(1, ordering: .relaxed)
            throw RedisError(
                .overloaded, "too many commands wait for Redis already", mayHaveRun: false,
                retryAfter: .milliseconds(100)
            )
        }
    }

    private func submit(_ pending: PendingCommand) {
        let (isClosed, isFirst, isBurst) = inbox.withLock { inbox in
            if inbox.isClosed { return (true, false, false) }
            inbox.commands.append(pending)
            defer { inbox.isScheduled = true }
            return (false, !inbox.isScheduled, inbox.commands.count >= Self.burst)
        }
        if isClosed {
            status.give(commands: 1, bytes: pending.size)
            pending.finish(.failure(.closed))
        } else if isFirst {
            // Twice: what the loop has to do before that may have more commands, which then leave together with this one.
            eventLoop.execute {
                self.eventLoop.execute {
                    self.inbox.withLock { $0.isScheduled = false }
                    self.drain()
                }
            }
        } else if isBurst, eventLoop.inEventLoop {
            drain()
        }
    }

    /// Fails what came in and was not taken yet.
    func failInbox() {
        let left = inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return inbox.commands
        }
        for pending in left {
            pending.accept()
            free(pending)
            pending.finish(.failure(.closed))
        }
    }

    // MARK: Commands

    private func cancel(_ pending: PendingCommand) {
        let wasOpen = !pending.isDone
        pending.cancel()
        if wasOpen, isDedicated, pending.wasSent { channel?.close(.lost) }
    }

    /// Takes what came in and wasn't taken yet.
    private func drain() {
        inbox.withLock { swap(&$0.commands, &drained) }
        guard !drained.isEmpty else { return }
        let now = time.now
        var earliest = Instant.distantFuture
        for pending in drained {
            pending.accept()
            if pending.isDone {
                free(pending)
                continue
            }
            if reconnect.want() { dial() }
            switch reconnect.admission(now: now) {
            case .send: enqueue(pending, now: now)
            case .wait: waiting.append(pending)
            case .reject(let error):
                free(pending)
                pending.finish(.failure(error))
                continue
            }
            earliest = min(earliest, pending.deadline)
        }
        drained.removeAll(keepingCapacity: true)
        flush()
        if earliest < timerAt { schedule(at: earliest, now: now) }
    }

    private func enqueue(_ pending: PendingCommand, now: Instant) {
        if sent.isEmpty { lastProgress = now }
        pending.write(to: &output)
        sent.append(pending)
    }

    private func flush() {
        guard output.readableBytes > 0 else { return }
        channel?.send(output)
        // NIO holds the bytes until they are sent; a large buffer isn't kept for the next turn.
        output = output.capacity <= 1 << 16 ? output : ByteBuffer()
        output.clear(minimumCapacity: 512)
    }

    /// Sends what has waited for the connection.
    func sendWaiting() {
        let now = time.now
        while let pending = waiting.popFirst() {
            if pending.isDone { free(pending) } else { enqueue(pending, now: now) }
        }
        flush()
    }

    /// Gives the place of a command back. Its caller is told after that, so that its next command finds a place.
    func free(_ pending: PendingCommand) {
        status.give(commands: 1, bytes: pending.size)
    }
}
