// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore

/// Runs an ``HTTPResponder`` for each request, in a task that begins and stays on the loop of the connection.
struct ResponderHandler<Responder: HTTPResponder>: HTTPHandler {
    let responder: Responder

    func handle(_ head: RequestHead, on exchange: ServerExchange) {
        let run = ResponderRun(exchange)
        let request = HTTPRequest(
            head: head, body: run.requestBody(), connection: exchange.info, earlyAnswer: EarlyAnswer(run))
        exchange.receiver = run
        let responder = responder
        run.task = Task.immediate(executorPreference: exchange.loop) {
            if !run.send(await responder.respond(to: request)) { await run.stream() }
        }
    }

    func refused(_ request: RefusedRequest, on loop: Loop) {
        responder.refused(request)
    }
}

/// One request in the hands of a responder: the bridge between the loop's calls and the task.
private final class ResponderRun: RequestReceiver, EarlyAnswering, @unchecked Sendable {
    // Sendable because the task runs on the loop too.

    private let exchange: ServerExchange
    private var inbound: InboundBody?
    private var outbound: OutboundBody?
    /// The response whose body comes in pieces, until it is streamed.
    private var streamed: HTTPResponse?
    private var isCancelled = false
    var task: Task<Void, Never>? {
        didSet { if isCancelled { task?.cancel() } }
    }

    init(_ exchange: ServerExchange) {
        self.exchange = exchange
    }

    func requestBody() -> HTTPBody {
        guard exchange.hasBody else { return .empty }
        if let whole = exchange.wholeBody { return HTTPBody(whole) }
        let body = InboundBody(loop: exchange.loop, announcedLength: exchange.contentLength)
        body.demand = { [weak exchange] demand in
            switch demand {
            case .pause: exchange?.pauseReading()
            case .resume, .abandon: exchange?.resumeReading()
            }
        }
        inbound = body
        return HTTPBody(.arriving(InboundBody.Handle(body)))
    }

    /// Sends a response that is whole, as most are.
    ///
    /// - Returns: false if it is to be streamed: ``stream()`` does.
    func send(_ response: HTTPResponse) -> Bool {
        guard !isCancelled else { return true }
        switch response.body.storage {
        case .empty: exchange.respond(response.head)
        case .whole(let bytes): exchange.respond(response.head, body: bytes)
        case .arriving, .produced:
            streamed = response
            return false
        }
        return true
    }

    func stream() async {
        guard let response = streamed else { return }
        streamed = nil
        switch response.body.storage {
        case .empty, .whole: break
        case .arriving(let handle):
            await stream(response.head, length: handle.body.announcedLength) { (writer) throws(CallFailure) in
                while let chunk = try await handle.body.next() { try await writer.write(chunk) }
            }
        case .produced(let length, let produce):
            await stream(response.head, length: length, produce)
        }
    }

    private func stream(
        _ head: ResponseHead, length: Int?, _ produce: (HTTPBodyWriter) async throws -> Void
    ) async {
        var head = head
        if let length { head.headers[.contentLength] = "\(length)" } else { head.headers.remove(.contentLength) }
        let exchange = exchange
        let body = OutboundBody(loop: exchange.loop, isWritable: true) { exchange.send($0) }
        outbound = body
        exchange.send(head)
        body.writabilityChanged(exchange.isWritable)
        do {
            try await produce(HTTPBodyWriter(body: body))
            exchange.end()
        } catch {
            exchange.abort()
        }
        outbound = nil
    }

    // MARK: EarlyAnswering

    func answerEarly(_ response: HTTPResponse) -> Bool {
        guard !isCancelled, exchange.awaitsResponse else { return false }
        isCancelled = true
        inbound?.fail(
            CallFailure(.cancelled, "the request was answered already", stage: .request, mayHaveReachedPeer: true))
        exchange.respond(response.head, body: response.body.buffered)
        task?.cancel()
        return true
    }

    func drop() -> Bool {
        guard !isCancelled, exchange.awaitsResponse else { return false }
        isCancelled = true
        inbound?.fail(
            CallFailure(.cancelled, "the connection was dropped", stage: .request, mayHaveReachedPeer: true))
        exchange.abort()
        return true
    }

    // MARK: RequestReceiver

    func received(_ chunk: ByteBuffer) {
        inbound?.push(chunk)
    }

    func receivedEnd(_ trailers: Headers?) {
        inbound?.finish()
    }

    func refused(_ error: ProtocolError) -> Bool {
        // Malformed framing is refused whatever a responder makes of it. Of the rest it learns from the body, or it
        // answers without having read all of it.
        guard error.status != .badRequest else { return false }
        inbound?.fail(.refused(error))
        return true
    }

    func cancelled(_ reason: ExchangeCancellation) {
        isCancelled = true
        let failure = CallFailure(
            .cancelled, "the request ended early: \(reason)", stage: .request, mayHaveReachedPeer: true)
        inbound?.fail(failure)
        outbound?.fail(failure)
        task?.cancel()
    }

    func writabilityChanged(_ isWritable: Bool) {
        outbound?.writabilityChanged(isWritable)
    }
}
