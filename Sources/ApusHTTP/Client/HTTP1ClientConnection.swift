// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import NIOTLS

/// A client's side of one HTTP/1.1 connection: one exchange at a time, back to its pool in between.
final class HTTP1ClientConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Reading {
        case idle
        case head(HeadScanner)
        case body(BodyDecoder)
        case closed
    }

    private let pool: UpstreamPool
    private var context: ChannelHandlerContext?
    private var reading = Reading.idle
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var exchange: ClientExchange?
    private var keepAlive = true
    /// It has lain in the pool before the present exchange, so that the peer may have closed it meanwhile.
    private var wasIdle = false
    private var paused = false
    /// The peer has closed, or the connection was lost.
    private var hasEnded = false
    private var readHeld = false
    private var timer = LazyTimer()
    private var receivedSomething = false
    /// False until the TLS handshake is done: before that nothing of a request has been sent.
    private var isEstablished: Bool
    private var lastError: (any Error)?

    /// When the connection has reached its maximum age.
    let expires: Instant

    init(pool: UpstreamPool) {
        self.pool = pool
        isEstablished = pool.endpoint.scheme == .http
        expires = Instant.now.advanced(by: pool.configuration.maximumAge)
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        pool.closed(self)
        hasEnded = true
        keepAlive = false
        // What came before the end and isn't wanted yet is given to the exchange when it reads on.
        if exchange == nil || !paused || input.readableBytes == 0 { end() }
        context.fireChannelInactive()
    }

    /// Ends the exchange after the connection has ended and everything that it brought was read.
    private func end() {
        timer.clear()
        let before = reading
        reading = .closed
        guard let exchange else { return }
        self.exchange = nil
        if case .body(let decoder) = before, decoder.endsWithConnection {
            exchange.complete(nil)
        } else {
            lost(exchange)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lastError = error
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { isEstablished = true }
        context.fireUserInboundEventTriggered(event)
    }

    func read(context: ChannelHandlerContext) {
        if paused { readHeld = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        process()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        exchange?.receiver?.writabilityChanged(context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    var isOpen: Bool { if case .closed = reading { false } else { context != nil && !hasEnded } }

    // MARK: Reading

    private func process() {
        do throws(ProtocolError) {
            while input.readableBytes > 0 || needsNoBytes {
                guard !paused, try step() else { break }
            }
        } catch {
            protocolFailure(error)
        }
        if input.readableBytes == 0 { input = ByteBuffer() }
    }

    private var needsNoBytes: Bool {
        if case .body(let decoder) = reading { decoder.remaining == 0 } else { false }
    }

    /// - Returns: whether there may be more to do with the bytes at hand.
    private func step() throws(ProtocolError) -> Bool {
        switch reading {
        case .idle:
            // Nothing was asked: what comes can't be an answer.
            close()
            return false
        case .head(var scanner):
            guard let exchange else { return false }
            receivedSomething = true
            let limits = pool.configuration.headLimits
            let view = input.readableBytesView
            let length = try view.withUnsafeBytes { (bytes) throws(ProtocolError) in
                try scanner.scan(bytes, limits: limits)
            }
            reading = .head(scanner)
            guard let length else { return false }
            guard scanner.skipped == 0 else { throw .malformed("an empty line before the status line") }
            let result = try input.readableBytesView.withUnsafeBytes { (bytes) throws(ProtocolError) in
                try ResponseHeadParser.parse(
                    UnsafeRawBufferPointer(rebasing: bytes[..<length]), to: exchange.head.method, limits: limits)
            }
            input.moveReaderIndex(forwardBy: length)
            if result.head.status.code < 200 {
                guard result.head.status.code != 101 else { throw .malformed("a switch of protocols nobody asked for") }
                reading = .head(HeadScanner())
                return true
            }
            keepAlive = keepAlive && result.keepAlive
            reading = .body(BodyDecoder(result.framing, limits: limits))
            exchange.receiver?.received(result.head, hasBody: result.framing != .none)
            return true
        case .body(var decoder):
            guard let exchange else { return false }
            let event = try decoder.next(&input)
            reading = .body(decoder)
            switch event {
            case nil: return false
            case .chunk(let chunk):
                exchange.receiver?.received(chunk)
                return true
            case .end(let trailers):
                finish(exchange, trailers)
                return false
            }
        case .closed:
            input = ByteBuffer()
            return false
        }
    }

    private func finish(_ exchange: ClientExchange, _ trailers: Headers?) {
        self.exchange = nil
        let reusable = keepAlive && exchange.bodyEnded && input.readableBytes == 0
        if reusable {
            reading = .idle
            wasIdle = true
            paused = false
            setDeadline(Instant.now.advanced(by: pool.configuration.idleTimeout))
            pool.release(self)
        } else {
            close()
        }
        exchange.complete(trailers)
        if readHeld, !paused {
            readHeld = false
            context?.read()
        }
    }

    /// Waits in the pool without having been used.
    func park() {
        reading = .idle
        wasIdle = true
        setDeadline(Instant.now.advanced(by: pool.configuration.idleTimeout))
    }

    func setPaused(_ exchange: ClientExchange, _ paused: Bool) {
        guard exchange === self.exchange, self.paused != paused else { return }
        self.paused = paused
        guard !paused else { return }
        process()
        if hasEnded, !self.paused { end() }
        if readHeld, !self.paused {
            readHeld = false
            context?.read()
        }
    }

    // MARK: Sending

    /// Sends the head, and the body if it is at hand.
    func begin(_ exchange: ClientExchange) {
        guard let context else { return }
        self.exchange = exchange
        exchange.state = .active(self)
        reading = .head(HeadScanner())
        receivedSomething = false
        keepAlive = true
        paused = false
        if exchange.deadline != .distantFuture { setDeadline(exchange.deadline) } else { timer.clear() }

        let framing: BodyFraming
        var whole: ByteBuffer?
        switch exchange.body {
        case .none: framing = .none
        case .whole(let bytes):
            whole = bytes
            framing = bytes.readableBytes == 0 ? .none : .length(bytes.readableBytes)
        case .stream(.some(let length)): framing = .length(length)
        case .stream(.none): framing = .chunked
        }
        let small = (whole?.readableBytes ?? 0) <= 16 << 10
        output.clear(
            minimumCapacity: 256 + exchange.head.headers.bytes.count + (small ? whole?.readableBytes ?? 0 : 0))
        HTTP1Writer.write(exchange.head, body: framing, authority: pool.endpoint.authority, to: &output)
        if let whole, small { output.writeImmutableBuffer(whole) }
        context.write(wrapOutboundOut(output), promise: nil)
        if let whole, !small { context.write(wrapOutboundOut(whole), promise: nil) }
        context.flush()
        if case .stream = exchange.body { exchange.receiver?.writabilityChanged(true) }
    }

    func send(_ chunk: ByteBuffer, of exchange: ClientExchange) {
        guard exchange === self.exchange, let context, chunk.readableBytes > 0 else { return }
        exchange.bodySent += chunk.readableBytes
        if case .stream(.some(let length)) = exchange.body {
            guard exchange.bodySent <= length else {
                return fail(exchange, .invalidRequestBody("the body is longer than announced"))
            }
            context.writeAndFlush(wrapOutboundOut(chunk), promise: nil)
            return
        }
        output.clear(minimumCapacity: 32)
        HTTP1Writer.writeChunkSize(chunk.readableBytes, to: &output)
        context.write(wrapOutboundOut(output), promise: nil)
        context.write(wrapOutboundOut(chunk), promise: nil)
        output.clear(minimumCapacity: 2)
        output.writeStaticString("\r\n")
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    }

    func end(_ trailers: Headers?, of exchange: ClientExchange) {
        guard exchange === self.exchange, let context else { return }
        if case .stream(.some(let length)) = exchange.body {
            guard exchange.bodySent == length else {
                return fail(exchange, .invalidRequestBody("the body is shorter than announced"))
            }
        } else {
            output.clear(minimumCapacity: 64)
            HTTP1Writer.writeLastChunk(trailers, to: &output)
            context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        }
        exchange.bodyEnded = true
    }

    // MARK: Ending

    func abandon(_ exchange: ClientExchange) {
        guard exchange === self.exchange else { return }
        self.exchange = nil
        close()
    }

    func close() {
        guard let context else { return }
        reading = .closed
        context.close(promise: nil)
    }

    private func fail(_ exchange: ClientExchange, _ failure: CallFailure) {
        self.exchange = nil
        close()
        exchange.fail(failure)
    }

    private func protocolFailure(_ error: ProtocolError) {
        guard let exchange else { return close() }
        fail(
            exchange,
            CallFailure(
                .invalidResponse, "\(pool.endpoint) answered what is not valid HTTP/1.1: \(error.detail)",
                stage: .response, mayHaveReachedPeer: true))
    }

    private func lost(_ exchange: ClientExchange) {
        guard isEstablished else {
            let reason = lastError.map(ConnectFailure.text) ?? "the peer closed the connection"
            exchange.fail(
                CallFailure(
                    .connectFailed, "no TLS connection to \(pool.endpoint): \(reason)", stage: .connect,
                    mayHaveReachedPeer: false))
            return
        }
        if wasIdle, !receivedSomething, exchange.mayBeReplayed {
            pool.replay(exchange)
            return
        }
        exchange.fail(
            CallFailure(
                .connectionLost, "the connection to \(pool.endpoint) closed before the response was complete",
                stage: exchange.bodyEnded ? .response : .request, mayHaveReachedPeer: true))
    }

    // MARK: Time

    func deadlineMoved(_ exchange: ClientExchange) {
        guard exchange === self.exchange else { return }
        if exchange.deadline == .distantFuture { timer.clear() } else { setDeadline(exchange.deadline) }
    }

    private func setDeadline(_ deadline: Instant) {
        if timer.set(deadline) { scheduleTimer() }
    }

    private func scheduleTimer() {
        let connection = WeakReference(object: self)
        timer.schedule(on: pool.loop.eventLoop) { connection.object?.timerFired() }
    }

    private func timerFired() {
        switch timer.fired(at: .now) {
        case .none: return
        case .moved: scheduleTimer()
        case .due:
            if let exchange {
                fail(exchange, .deadlineExceeded(waitingFor: "the response of \(pool.endpoint)", .response))
            } else {
                pool.closed(self)
                close()
            }
        }
    }
}

extension CallFailure {
    static func invalidRequestBody(_ text: String) -> CallFailure {
        CallFailure(Code("invalid_request_body"), text, stage: .request, mayHaveReachedPeer: true)
    }

    static func deadlineExceeded(waitingFor what: String, _ stage: Stage) -> CallFailure {
        CallFailure(
            .deadlineExceeded, "the deadline passed while waiting for \(what)", stage: stage,
            mayHaveReachedPeer: stage == .response)
    }
}
