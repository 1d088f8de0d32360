// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import NIOCore

/// The way back: takes the instance's response and gives it to the client, with back-pressure.
///
/// A short response is held until it is complete, so that it leaves in one write; whatever takes longer is passed on as
/// it comes.
final class UpstreamLeg: ResponseReceiver {
    private let exchange: ProxyExchange
    private let client: ServerExchange
    /// The head, as long as it is held.
    private var head: ResponseHead?
    /// What came of the body while the head is held.
    private var heldBody: ByteBuffer?
    /// The announced length of a response that is held; -1 if none is announced.
    private var length = -1
    private var isPaused = false
    /// The exchange whose response goes nowhere, because another attempt is made.
    private var discarded: ClientExchange?
    private var droppedBytes = 0
    /// What slows the body down, while a fault is armed.
    private var slowBody: SlowBody?

    /// The longest response that is held, or read to its end though nobody wants it.
    private static let heldBytes = 16 << 10

    init(_ exchange: ProxyExchange) {
        self.exchange = exchange
        client = exchange.client
    }

    func received(_ head: ResponseHead, hasBody: Bool) {
        if discarded != nil { return }
        if exchange.losesConnection { return exchange.loseConnection() }
        if exchange.replaces(head, of: self) { return }
        var head = head
        HopByHop.removeFromResponse(&head.headers)
        if !head.headers.contains(.requestID), let id = exchange.head.headers[.requestID] {
            head.headers.append(.requestID, id)
        }
        exchange.responseBegan(&head)
        if exchange.slowBody > 0 { return slowDown(head) }
        length = head.headers.withValue(.contentLength, Self.number) ?? -1
        guard hasBody, length > Self.heldBytes else {
            self.head = head
            if hasBody, length < 0 { releaseSoon() }
            return
        }
        client.send(head)
        exchange.responseProgressed()
    }

    func received(_ chunk: ByteBuffer) {
        if let discarded { return drop(chunk, of: discarded) }
        exchange.sentBytes += chunk.readableBytes
        if let slowBody {
            exchange.clientFellBehind()
            return slowBody.add(chunk)
        }
        if head != nil {
            if heldBody == nil, length < 0 || chunk.readableBytes == length {
                heldBody = chunk
                return
            }
            release()
        }
        client.send(chunk)
        exchange.responseProgressed()
        if !client.isWritable {
            isPaused = true
            exchange.clientFellBehind()
        }
    }

    func receivedEnd(_ trailers: Headers?) {
        guard discarded == nil else {
            discarded = nil
            return
        }
        if let slowBody { return slowBody.end(trailers) }
        if let head {
            self.head = nil
            if trailers == nil, let heldBody {
                client.respond(head, body: heldBody)
            } else {
                client.send(head)
                if let heldBody { client.send(heldBody) }
                client.end(trailers)
            }
        } else {
            client.end(trailers)
        }
        exchange.completed()
    }

    func failed(_ failure: CallFailure) {
        guard discarded == nil else {
            discarded = nil
            return
        }
        head = nil
        heldBody = nil
        slowBody?.stop()
        exchange.failed(failure)
    }

    func writabilityChanged(_ isWritable: Bool) {
        guard discarded == nil else { return }
        exchange.upstreamWritable(isWritable)
    }

    /// Has the body come as slowly as a fault says.
    private func slowDown(_ head: ResponseHead) {
        client.send(head)
        exchange.responseProgressed()
        slowBody = SlowBody(client, bytesPerSecond: exchange.slowBody) { [exchange] isEnd in
            guard !exchange.isOver else { return }
            if isEnd { return exchange.completed() }
            exchange.responseProgressed()
            exchange.upstream?.resumeReading()
        }
    }

    /// The client keeps up, or doesn't.
    func clientWritable(_ isWritable: Bool) {
        guard isWritable, isPaused else { return }
        isPaused = false
        exchange.responseProgressed()
        exchange.upstream?.resumeReading()
    }

    /// Lets the response go nowhere. What is short is read to its end, so that the connection can be used again.
    func discard(_ upstream: ClientExchange) {
        discarded = upstream
        upstream.setDeadline(.now.advanced(by: .seconds(1)))
    }

    private func drop(_ chunk: ByteBuffer, of upstream: ClientExchange) {
        droppedBytes += chunk.readableBytes
        guard droppedBytes > Self.heldBytes else { return }
        upstream.cancel()
        discarded = nil
    }

    /// Sends what is held.
    private func release() {
        guard let head else { return }
        self.head = nil
        client.send(head)
        if let heldBody { client.send(heldBody) }
        heldBody = nil
        exchange.responseProgressed()
    }

    /// Holds a response of unknown length no longer than what is read at once.
    private func releaseSoon() {
        let leg = NIOLoopBound(self, eventLoop: exchange.context.loop.eventLoop)
        exchange.context.loop.eventLoop.execute { leg.value.release() }
    }

    private static func number(_ digits: UnsafeRawBufferPointer) -> Int {
        digits.reduce(0) { $0 &* 10 &+ Int($1 &- UInt8(ascii: "0")) }
    }
}
