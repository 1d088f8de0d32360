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
}

/// What a handler learns of a request after its head. Called on the loop of the connection only.
public protocol RequestReceiver: AnyObject {
    /// The next piece of the body. Call ``ServerExchange/pauseReading()`` to get no more for now.
    func received(_ chunk: ByteBuffer)
    /// The body is complete. Not called for a request without a body (``ServerExchange/hasBody`` is false).
    func receivedEnd(_ trailers: Headers?)
    /// The exchange is over before the response was complete: the client went away, sent something invalid, was too
    /// slow, or the server gave up draining. Nothing can be sent any more.
    func cancelled(_ reason: ExchangeCancellation)
    /// ``ServerExchange/isWritable`` has changed.
    func writabilityChanged(_ isWritable: Bool)
}

/// Why an exchange ended early.
public enum ExchangeCancellation: Sendable, Hashable {
    /// The client closed or lost its connection.
    case clientGone
    /// The body was malformed or larger than allowed.
    case invalidBody
    /// The client took too long to send its body or to take the response.
    case timeout
    /// The time for draining was over.
    case shutdown
}
