// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import NIOCore

/// One request to an upstream and its response. Belongs to the loop of its pool: every call is made there.
///
/// Calls on an exchange that is over do nothing.
public final class ClientExchange: @unchecked Sendable {
    // Sendable so that a task which runs on the loop can hold it; the state is the loop's alone.

    enum State {
        /// In the queue of the pool.
        case waiting
        case active(HTTP1ClientConnection)
        case over
    }

    let head: RequestHead
    let body: RequestBody
    let pool: UpstreamPool
    private(set) var deadline: Instant
    private(set) var receiver: (any ResponseReceiver)?
    var state = State.waiting
    /// It was sent once on a pooled connection that turned out to be dead.
    var isReplay = false
    var bodySent: Int = 0
    var bodyEnded: Bool

    init(
        _ head: RequestHead, _ body: RequestBody, deadline: Instant, receiver: any ResponseReceiver, pool: UpstreamPool
    ) {
        self.head = head
        self.body = body
        self.deadline = deadline
        self.receiver = receiver
        self.pool = pool
        if case .stream = body { bodyEnded = false } else { bodyEnded = true }
    }

    /// Whether the upstream is connected and takes more of the body.
    public var isWritable: Bool {
        if case .active(let connection) = state { connection.isWritable } else { false }
    }

    /// Sends a piece of a streamed body. Allowed from the first `writabilityChanged(true)` on.
    public func send(_ chunk: ByteBuffer) {
        guard case .active(let connection) = state, !bodyEnded else { return }
        connection.send(chunk, of: self)
    }

    /// Ends a streamed body.
    public func end(_ trailers: Headers? = nil) {
        guard case .active(let connection) = state, !bodyEnded else { return }
        connection.end(trailers, of: self)
    }

    /// Gives the exchange up; the connection closes at once. The receiver hears nothing more.
    public func cancel() {
        receiver = nil
        switch state {
        case .waiting:
            state = .over
            pool.forget(self)
        case .active(let connection):
            state = .over
            connection.abandon(self)
        case .over: break
        }
    }

    /// Moves the deadline of what is left of the exchange; nil for none.
    public func setDeadline(_ deadline: Instant?) {
        self.deadline = deadline ?? .distantFuture
        if case .active(let connection) = state { connection.deadlineMoved(self) }
    }

    /// Stops reading the response until ``resumeReading()``. What has been read already may still arrive.
    public func pauseReading() {
        if case .active(let connection) = state { connection.setPaused(self, true) }
    }

    /// Goes on reading after ``pauseReading()``.
    public func resumeReading() {
        if case .active(let connection) = state { connection.setPaused(self, false) }
    }

    /// Whether a second sending is safe after the first was lost on a connection that the peer had closed.
    var mayBeReplayed: Bool {
        guard !isReplay, head.method.isIdempotent else { return false }
        if case .stream = body { return false }
        return true
    }

    func fail(_ failure: CallFailure) {
        if case .over = state { return }
        state = .over
        let receiver = receiver
        self.receiver = nil
        receiver?.failed(failure)
    }

    func complete(_ trailers: Headers?) {
        state = .over
        let receiver = receiver
        self.receiver = nil
        receiver?.receivedEnd(trailers)
    }
}
