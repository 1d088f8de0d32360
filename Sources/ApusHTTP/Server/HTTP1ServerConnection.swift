// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import Synchronization

/// A server's side of one HTTP/1.1 connection: one channel handler from bytes to exchanges.
///
/// One request is worked on at a time; what a pipelining client sends ahead waits in `input`, and reading stops when that
/// is full. States of the reading side: `head` → `body` → `answering` → `head` …; `body` → `refused` → `lingering`;
/// `lingering` and `closed` from anywhere.
final class HTTP1ServerConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Reading {
        /// Between requests, or in a head.
        case head(HeadScanner)
        case body(BodyDecoder)
        /// The request is read; its response is not complete.
        case answering
        /// The rest of the request is not read, because its body was refused; its response is not complete.
        case refused(ProtocolError)
        /// The last response is sent; what the client still sends is dropped until it closes.
        case lingering
        case closed
    }

    let server: ServerCore
    let loop: Loop
    private(set) var info = ConnectionInfo(remoteAddress: "unknown", isTLS: false)

    var context: ChannelHandlerContext?
    var reading = Reading.head(HeadScanner())
    var input = ByteBuffer()
    var output = ByteBuffer()
    var exchange: ServerExchange?
    var date = HTTPDate()

    var keepAlive = true
    var legacyClient = false
    var continuePending = false
    var bodyPaused = false
    var readHeld = false
    var processing = false
    var flushNeeded = false
    var requests = 0
    private var bodyBytes = 0
    /// Body bytes since the current window of `bodyTimeout` began.
    private var windowBytes = 0
    private var lingeredBytes = 0

    var timer = LazyTimer()
    var readDeadline = Instant.distantFuture
    var writeDeadline = Instant.distantFuture
    var bufferedAtDeadline = 0

    /// Bytes that a pipelining client may send ahead of the response that it waits for.
    private static let pipelineLimit = 64 << 10
    /// Bytes of an unread body that are dropped to keep the connection for the next request.
    static let drainLimit = 256 << 10
    /// The time in which a receiver that said it would answers a request whose body was refused.
    static let refusalLimit = Duration.seconds(5)
    /// How long a server that drains waits for the first request of a connection.
    static let firstRequestLimit = Duration.milliseconds(500)

    init(server: ServerCore, loop: Loop) {
        self.server = server
        self.loop = loop
    }

    var configuration: HTTPServerConfiguration { server.configuration }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { opened(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        opened(context)
        context.fireChannelActive()
    }

    private func opened(_ context: ChannelHandlerContext) {
        let address = context.remoteAddress?.ipAddress ?? "unix"
        info = ConnectionInfo(remoteAddress: address, isTLS: configuration.tls != nil)
        guard server.register(self) else {
            server.statistics.refusedConnections.add(1, ordering: .relaxed)
            fail(.tooManyConnections)
            return
        }
        setReadDeadline(configuration.idleTimeout)
    }

    func channelInactive(context: ChannelHandlerContext) {
        server.unregister(self)
        reading = .closed
        timer.clear()
        cancelExchange(.clientGone)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if case .lingering = reading {
            lingeredBytes += bytes.readableBytes
            if lingeredBytes > 1 << 20 { context.close(promise: nil) }
            return
        }
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { readHeld = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            writeDeadline = .distantFuture
        } else {
            bufferedAtDeadline = buffered(context)
            writeDeadline = Instant.now.advanced(by: configuration.writeTimeout)
            arm()
        }
        exchange?.receiver?.writabilityChanged(context.channel.isWritable)
        context.fireChannelWritabilityChanged()
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    // MARK: Reading

    private var mayRead: Bool {
        switch reading {
        case .body: !bodyPaused
        case .refused: false
        case .answering: input.readableBytes < Self.pipelineLimit
        case .head, .lingering, .closed: true
        }
    }

    func resumeHeldRead() {
        guard readHeld, mayRead else { return }
        readHeld = false
        context?.read()
    }

    func process() {
        guard !processing else { return }
        processing = true
        loop: while true {
            switch reading {
            case .head(var scanner):
                guard input.readableBytes > 0 else { break loop }
                do throws(ProtocolError) {
                    guard let length = try scan(&scanner) else {
                        if case .head(let before) = reading, before.isUntouched {
                            setReadDeadline(configuration.headTimeout)
                        }
                        reading = .head(scanner)
                        break loop
                    }
                    try begin(length: length, skipping: scanner.skipped)
                } catch {
                    fail(error)
                    break loop
                }
            case .body(var decoder):
                guard !bodyPaused else { break loop }
                do throws(ProtocolError) {
                    let event = try decoder.next(&input)
                    reading = .body(decoder)
                    guard let event else { break loop }
                    try deliver(event)
                } catch {
                    failBody(error)
                    break loop
                }
            case .answering:
                guard exchange == nil else { break loop }
                nextRequest()
            case .refused, .lingering, .closed:
                input.clear()
                break loop
            }
        }
        processing = false
        // Lets go of the memory that the channel reads into, so that it can be used again.
        if input.readableBytes == 0 { input = ByteBuffer() }
        flush()
    }

    private func scan(_ scanner: inout HeadScanner) throws(ProtocolError) -> Int? {
        let limits = configuration.headLimits
        let view = input.readableBytesView
        var copy = scanner
        defer { scanner = copy }
        return try view.withUnsafeBytes { (bytes) throws(ProtocolError) in try copy.scan(bytes, limits: limits) }
    }

    private func begin(length: Int, skipping skipped: Int) throws(ProtocolError) {
        let limits = configuration.headLimits
        let view = input.readableBytesView
        let result = try view.withUnsafeBytes { (bytes) throws(ProtocolError) in
            try RequestHeadParser.parse(
                UnsafeRawBufferPointer(rebasing: bytes[skipped..<length]), limits: limits)
        }
        input.moveReaderIndex(forwardBy: length)
        if case .length(let bytes) = result.framing, let limit = configuration.maximumBodyBytes, bytes > limit {
            return fail(.bodyTooLarge, head: result.head)
        }
        requests += 1
        server.statistics.requests.add(1, ordering: .relaxed)
        keepAlive =
            result.keepAlive && !server.isDraining && requests < (configuration.maximumRequestsPerConnection ?? .max)
        legacyClient = result.head.version == .http10
        continuePending = result.expectsContinue
        bodyBytes = 0
        windowBytes = 0
        bodyPaused = false

        let exchange = ServerExchange(connection: self, method: result.head.method, framing: result.framing)
        self.exchange = exchange
        if case .length(let bytes) = result.framing, input.readableBytes >= bytes, !continuePending {
            exchange.wholeBody = input.readSlice(length: bytes)
            requestRead()
        } else if result.framing == .none {
            requestRead()
        } else {
            reading = .body(BodyDecoder(result.framing, limits: limits))
            setReadDeadline(configuration.bodyTimeout)
        }
        server.handler.handle(result.head, on: exchange)
        if continuePending, case .body = reading, exchange.receiver != nil, !bodyPaused { sendContinue(exchange) }
    }

    private func deliver(_ event: BodyDecoder.Event) throws(ProtocolError) {
        switch event {
        case .chunk(let chunk):
            bodyBytes += chunk.readableBytes
            windowBytes += chunk.readableBytes
            if let limit = configuration.maximumBodyBytes, bodyBytes > limit { throw .bodyTooLarge }
            if windowBytes >= configuration.minimumBodyProgress {
                windowBytes = 0
                setReadDeadline(configuration.bodyTimeout)
            }
            exchange?.receiver?.received(chunk)
        case .end(let trailers):
            requestRead()
            exchange?.receiver?.receivedEnd(trailers)
        }
    }

    private func requestRead() {
        reading = .answering
        readDeadline = .distantFuture
    }

    private func nextRequest() {
        reading = .head(HeadScanner())
        setReadDeadline(input.readableBytes > 0 ? configuration.headTimeout : configuration.idleTimeout)
    }

    func setPaused(_ exchange: ServerExchange, _ paused: Bool) {
        guard exchange === self.exchange, paused != bodyPaused else { return }
        bodyPaused = paused
        guard case .body = reading else { return }
        if paused {
            readDeadline = .distantFuture
        } else {
            if continuePending { sendContinue(exchange) }
            windowBytes = 0
            setReadDeadline(configuration.bodyTimeout)
            process()
            resumeHeldRead()
        }
    }

    func sendContinue(_ exchange: ServerExchange) {
        guard continuePending, exchange === self.exchange, exchange.awaitsResponse, let context else { return }
        continuePending = false
        var line = context.channel.allocator.buffer(capacity: 25)
        line.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        write(line)
    }
}
