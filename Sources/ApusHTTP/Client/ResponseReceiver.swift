// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import NIOCore

/// What a caller learns of its exchange with an upstream. Called on the loop of the pool only; nothing follows
/// `receivedEnd` or `failed`.
public protocol ResponseReceiver: AnyObject {
    /// The head of the final response; informational ones are skipped.
    func received(_ head: ResponseHead, hasBody: Bool)
    /// The next piece of the body. Call ``ClientExchange/pauseReading()`` to get no more for now.
    func received(_ chunk: ByteBuffer)
    /// The response is complete.
    func receivedEnd(_ trailers: Headers?)
    /// The exchange failed. After a head was received the response is incomplete.
    func failed(_ failure: CallFailure)
    /// The upstream takes more of the request's body, or has stopped to. The first `true` says that the connection is
    /// there and the head is sent.
    func writabilityChanged(_ isWritable: Bool)
}
