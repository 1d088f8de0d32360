// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import Synchronization

/// How a connection ends: after its last response, with a refusal, or at once.
extension HTTP1ServerConnection {
    // MARK: Closing

    /// Closes so that the client can read the response: a close with unread bytes would reset the connection.
    func linger(unread: Bool) {
        guard let context else { return }
        input = ByteBuffer()
        let halfClose = unread && configuration.tls == nil
        reading = halfClose ? .lingering : .closed
        // Everything that was written must have left first: closing drops what is still waiting.
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value.lastBytesLeft(halfClose: halfClose) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        flushNeeded = false
        readDeadline = .distantFuture
        resumeHeldRead()
    }

    private func lastBytesLeft(halfClose: Bool) {
        context?.close(mode: halfClose ? .output : .all, promise: nil)
        if halfClose, context != nil { setReadDeadline(.seconds(2)) }
    }

    // MARK: Refusing

    /// Answers a head that is not valid, and closes.
    func fail(_ error: ProtocolError, head: RequestHead? = nil) {
        server.statistics.protocolErrors.add(1, ordering: .relaxed)
        exchange = nil
        refuse(error, head: head)
    }

    /// Ends an exchange whose body is not valid, too large or too slow. If no response has begun, the receiver may give
    /// one; otherwise the engine does, or closes.
    func failBody(_ error: ProtocolError) {
        server.statistics.protocolErrors.add(1, ordering: .relaxed)
        guard let exchange else {
            reading = .closed
            context?.close(promise: nil)
            return
        }
        guard exchange.awaitsResponse else {
            cancelExchange(.invalidBody(error))
            reading = .closed
            context?.close(promise: nil)
            return
        }
        keepAlive = false
        input = ByteBuffer()
        reading = .refused(error)
        if let receiver = exchange.receiver, receiver.refused(error) {
            if exchange === self.exchange { setReadDeadline(Self.refusalLimit) }
            return
        }
        endRefused(error)
    }

    /// The engine's own answer to a body that was refused, if nobody gave one.
    func endRefused(_ error: ProtocolError) {
        cancelExchange(.invalidBody(error))
        refuse(error, head: nil)
    }

    /// Answers with a problem document, tells the handler, and closes.
    private func refuse(_ error: ProtocolError, head: RequestHead?) {
        guard let context else { return }
        keepAlive = false
        legacyClient = false
        let refusal = RefusedRequest(error, head: head, info: info)
        beginOutput(512)
        refusal.write(&date, to: &output)
        writeOutput()
        server.handler.refused(refusal, on: loop)
        if context.channel.isActive { linger(unread: true) }
    }

    func cancelExchange(_ reason: ExchangeCancellation) {
        guard let exchange else { return }
        self.exchange = nil
        exchange.response = .complete
        exchange.connection = nil
        let receiver = exchange.receiver
        exchange.receiver = nil
        server.statistics.cancelled.add(1, ordering: .relaxed)
        receiver?.cancelled(reason)
    }

    // MARK: Draining

    /// Closes after the response if a request is under way, and otherwise now. A connection that was made but not used
    /// has a moment for its first request, which is on its way as a rule.
    func drain() {
        keepAlive = false
        guard exchange == nil, case .head(let scanner) = reading, scanner.isUntouched, input.readableBytes == 0 else {
            return
        }
        guard requests > 0 else { return setReadDeadline(min(Self.firstRequestLimit, configuration.idleTimeout)) }
        reading = .closed
        context?.close(promise: nil)
    }

    /// Ends whatever is under way.
    func forceClose() {
        cancelExchange(.shutdown)
        reading = .closed
        context?.close(promise: nil)
    }
}
