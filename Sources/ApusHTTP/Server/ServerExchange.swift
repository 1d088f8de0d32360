// SPDX-License-Identifier: Apache-2.0
public import NIOCore

/// One request and its response. Belongs to the loop of its connection: every call is made there.
///
/// Calls on an exchange that is over do nothing.
public final class ServerExchange: @unchecked Sendable {
    // Sendable so that a task which runs on the loop can hold it; the state is the loop's alone.

    /// The loop on which the exchange lives.
    public let loop: Loop
    /// Gets the body and learns of an early end.
    public var receiver: (any RequestReceiver)?
    /// Whether the request has a body.
    public let hasBody: Bool
    /// The length that the request announced, if it did.
    public let contentLength: Int?
    /// The whole body, if it arrived together with the head. It is not given to the receiver then.
    public internal(set) var wholeBody: ByteBuffer?

    let method: HTTPMethod
    weak var connection: HTTP1ServerConnection?

    enum Response {
        case awaited
        case streaming(BodyFraming, sent: Int)
        case complete
    }

    var response = Response.awaited

    init(connection: HTTP1ServerConnection, method: HTTPMethod, framing: BodyFraming) {
        self.connection = connection
        self.loop = connection.loop
        self.method = method
        self.hasBody = framing != .none
        if case .length(let length) = framing { self.contentLength = length } else { self.contentLength = nil }
    }

    /// The peer of the connection.
    public var info: ConnectionInfo { connection?.info ?? ConnectionInfo(remoteAddress: "unknown", isTLS: false) }

    /// Whether the head of the response has not been sent yet.
    public var awaitsResponse: Bool {
        if case .awaited = response { true } else { false }
    }

    /// Whether the client keeps up with what is sent. A streaming response waits while this is false.
    public var isWritable: Bool { connection?.isWritable ?? false }

    /// Sends a whole response at once.
    public func respond(_ head: ResponseHead, body: ByteBuffer? = nil) {
        guard case .awaited = response, let connection else { return }
        connection.respond(self, head, body)
    }

    /// Sends the head of a response whose body follows in pieces. A `Content-Length` in the head is kept and checked;
    /// without one the body is chunked.
    public func send(_ head: ResponseHead) {
        guard case .awaited = response, let connection else { return }
        connection.send(self, head)
    }

    /// Sends a piece of the body.
    public func send(_ chunk: ByteBuffer) {
        guard case .streaming(let framing, let sent) = response, let connection else { return }
        connection.send(self, chunk, framing, sent)
    }

    /// Ends a response that was begun with `send(head)`.
    public func end(_ trailers: Headers? = nil) {
        guard case .streaming(let framing, let sent) = response, let connection else { return }
        connection.end(self, trailers, framing, sent)
    }

    /// Gives up a response that can't be completed: the connection closes, so that the client sees that something is
    /// missing.
    public func abort() {
        guard let connection else { return }
        connection.abort(self)
    }

    /// Asks the client for the body, if it waits for `100 Continue`. Done by itself when the body is read.
    public func sendContinue() {
        connection?.sendContinue(self)
    }

    /// Stops reading the body until ``resumeReading()``. What has been read already may still arrive.
    public func pauseReading() {
        connection?.setPaused(self, true)
    }

    /// Goes on reading after ``pauseReading()``.
    public func resumeReading() {
        connection?.setPaused(self, false)
    }
}
