// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// The answering side of a connection: what an exchange sends becomes bytes here.
extension HTTP1ServerConnection {
    func respond(_ exchange: ServerExchange, _ head: ResponseHead, _ body: ByteBuffer?) {
        guard exchange === self.exchange, context != nil else { return }
        beforeHead()
        let length = body?.readableBytes ?? 0
        let hidesBody = exchange.method == .head || head.status.forbidsBody
        beginOutput(256 + head.headers.bytes.count + (length <= 16 << 10 ? length : 0))
        let framing: BodyFraming =
            head.status.forbidsBody ? .none : .length(body == nil ? declaredLength(head, exchange) : length)
        HTTP1Writer.write(head, framing: framing, keepAlive: keepAlive, legacy: legacyClient, &date, to: &output)
        if let body, !hidesBody, length > 0 {
            if length <= 16 << 10 {
                output.writeImmutableBuffer(body)
                writeOutput()
            } else {
                writeOutput()
                write(body)
            }
        } else {
            writeOutput()
        }
        exchange.response = .complete
        responseComplete(exchange)
    }

    /// The length that a response to HEAD announces without having a body.
    private func declaredLength(_ head: ResponseHead, _ exchange: ServerExchange) -> Int {
        guard exchange.method == .head, let text = head.headers[.contentLength] else { return 0 }
        return Int(text).map { max(0, $0) } ?? 0
    }

    func send(_ exchange: ServerExchange, _ head: ResponseHead) {
        guard exchange === self.exchange, context != nil else { return }
        if continuePending { keepAlive = false }
        var framing: BodyFraming
        if head.status.forbidsBody {
            framing = .none
        } else if let length = head.headers[.contentLength].flatMap({ Int($0) }), length >= 0 {
            framing = .length(length)
        } else if exchange.method == .head {
            framing = .none
        } else if legacyClient {
            framing = .untilClose
            keepAlive = false
        } else {
            framing = .chunked
        }
        beginOutput(256 + head.headers.bytes.count)
        HTTP1Writer.write(head, framing: framing, keepAlive: keepAlive, legacy: legacyClient, &date, to: &output)
        writeOutput()
        if exchange.method == .head { framing = .none }
        exchange.response = .streaming(framing, sent: 0)
        flush()
    }

    func send(_ exchange: ServerExchange, _ chunk: ByteBuffer, _ framing: BodyFraming, _ sent: Int) {
        let length = chunk.readableBytes
        guard exchange === self.exchange, length > 0 else { return }
        switch framing {
        case .none: return
        case .length(let total):
            guard sent + length <= total else { return abort(exchange) }
            write(chunk)
        case .untilClose:
            write(chunk)
        case .chunked:
            if length <= 4 << 10 {
                beginOutput(length + 32)
                HTTP1Writer.writeChunk(chunk, to: &output)
                writeOutput()
            } else {
                beginOutput(32)
                HTTP1Writer.writeChunkSize(length, to: &output)
                writeOutput()
                write(chunk)
                beginOutput(2)
                output.writeStaticString("\r\n")
                writeOutput()
            }
        }
        exchange.response = .streaming(framing, sent: sent + length)
        flush()
    }

    func end(_ exchange: ServerExchange, _ trailers: Headers?, _ framing: BodyFraming, _ sent: Int) {
        guard exchange === self.exchange else { return }
        switch framing {
        case .none, .untilClose: break
        case .length(let total):
            guard sent == total else { return abort(exchange) }
        case .chunked:
            beginOutput(64)
            HTTP1Writer.writeLastChunk(trailers, to: &output)
            writeOutput()
        }
        exchange.response = .complete
        responseComplete(exchange)
    }

    func abort(_ exchange: ServerExchange) {
        guard exchange === self.exchange, let context else { return }
        exchange.response = .complete
        self.exchange = nil
        flush(now: true)
        reading = .closed
        context.close(promise: nil)
    }

    /// A response that begins before the body was read says that the connection will close, unless little is left.
    private func beforeHead() {
        guard case .body(let decoder) = reading else { return }
        if continuePending || (decoder.remaining ?? .max) > Self.drainLimit { keepAlive = false }
    }

    private func responseComplete(_ exchange: ServerExchange) {
        self.exchange = nil
        exchange.receiver = nil
        exchange.connection = nil
        if case .body(let decoder) = reading, (decoder.remaining ?? .max) > Self.drainLimit { keepAlive = false }
        if !keepAlive {
            switch reading {
            case .body, .refused: linger(unread: true)
            default: linger(unread: input.readableBytes > 0)
            }
            return
        }
        switch reading {
        case .body:
            // The rest of the body is read and dropped; the next request follows it.
            bodyPaused = false
            process()
        case .answering:
            if !processing { process() }
        default: break
        }
        flush()
        resumeHeldRead()
    }

    // MARK: Writing

    /// Makes `output` empty, keeping its memory if the last write has let go of it.
    func beginOutput(_ capacity: Int) {
        output.clear(minimumCapacity: capacity)
    }

    func writeOutput() {
        write(output)
    }

    func write(_ buffer: ByteBuffer) {
        guard let context else { return }
        context.write(wrapOutboundOut(buffer), promise: nil)
        flushNeeded = true
    }

    /// Sends what is written; while input is being processed that waits for its end, so that pipelined responses leave
    /// together.
    func flush(now: Bool = false) {
        guard flushNeeded, now || !processing, let context else { return }
        flushNeeded = false
        context.flush()
    }
}

extension HTTP1Writer {
    static func write(
        _ head: ResponseHead, framing: BodyFraming, keepAlive: Bool, legacy: Bool, _ date: inout HTTPDate,
        to buffer: inout ByteBuffer
    ) {
        write(
            head, ResponseFraming(body: framing, keepAlive: keepAlive, legacyClient: legacy), date: date.current(),
            to: &buffer)
    }
}
