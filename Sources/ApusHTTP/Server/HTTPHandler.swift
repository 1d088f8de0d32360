// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Answers requests on the event loop, without a task: the level at which a proxy works.
///
/// Services use ``HTTPResponder``, which is asynchronous, instead.
public protocol HTTPHandler: Sendable {
    /// Called on the loop of the connection when the head of a request is there.
    ///
    /// The handler answers through `exchange`, now or later. To get the body it sets ``ServerExchange/receiver`` before it
    /// returns; without a receiver the body is read and dropped.
    func handle(_ head: RequestHead, on exchange: ServerExchange)

    /// Called after the engine has refused a request by itself, because it is not valid HTTP or passes a limit: to count
    /// and log it. Does nothing by default.
    func refused(_ request: RefusedRequest, on loop: Loop)
}

extension HTTPHandler {
    public func refused(_ request: RefusedRequest, on loop: Loop) {}
}

/// What a handler learns of a request after its head. Called on the loop of the connection only.
public protocol RequestReceiver: AnyObject {
    /// The next piece of the body. Call ``ServerExchange/pauseReading()`` to get no more for now.
    func received(_ chunk: ByteBuffer)
    /// The body is complete. Not called for a request without a body (``ServerExchange/hasBody`` is false).
    func receivedEnd(_ trailers: Headers?)
    /// The body is not valid, too large or too slow, and no response has begun. No more of it will come, and the
    /// connection closes after the response.
    ///
    /// - Returns: whether the receiver has answered or will, within five seconds. Otherwise, which is the default, the
    ///   engine answers and ``cancelled(_:)`` follows.
    func refused(_ error: ProtocolError) -> Bool
    /// The exchange is over before the response was complete: the client went away, sent something invalid, was too
    /// slow, or the server gave up draining. Nothing can be sent any more.
    func cancelled(_ reason: ExchangeCancellation)
    /// ``ServerExchange/isWritable`` has changed.
    func writabilityChanged(_ isWritable: Bool)
}

extension RequestReceiver {
    public func refused(_ error: ProtocolError) -> Bool { false }
}

/// Why an exchange ended early.
public enum ExchangeCancellation: Sendable, Equatable {
    /// The client closed or lost its connection.
    case clientGone
    /// The body was malformed, larger than allowed or too slow.
    case invalidBody(ProtocolError)
    /// The client took too long to take the response.
    case timeout
    /// The time for draining was over.
    case shutdown
}
