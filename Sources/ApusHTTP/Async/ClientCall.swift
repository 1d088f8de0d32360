// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore

/// One call of ``HTTPClient``: the bridge between the loop's calls and the task that waits.
final class ClientCall: ResponseReceiver, @unchecked Sendable {
    // Sendable because every access to the state happens on the loop.

    private let request: HTTPRequest
    private let loop: Loop
    private let deadline: Instant
    private var exchange: ClientExchange?
    private var continuation: UnsafeContinuation<Result<HTTPResponse, CallFailure>, Never>?
    private var isCancelled = false

    private var outbound: OutboundBody?
    private var producer: Task<Void, Never>?

    private var head: ResponseHead?
    private var inbound: InboundBody?
    /// The body so far, while it is small enough to be given out whole.
    private var collected = ByteBuffer()

    /// A body that announces at most this length is collected before the call returns.
    private static let wholeLimit = 64 << 10

    init(_ request: HTTPRequest, loop: Loop, deadline: Instant) {
        self.request = request
        self.loop = loop
        self.deadline = deadline
    }

    func start(_ pool: UpstreamPool, _ continuation: UnsafeContinuation<Result<HTTPResponse, CallFailure>, Never>) {
        self.continuation = continuation
        guard !isCancelled else { return resume(.failure(Self.cancelled)) }
        let body: RequestBody
        switch request.body.storage {
        case .empty: body = .none
        case .whole(let bytes): body = .whole(bytes)
        case .arriving(let handle): body = .stream(length: handle.body.announcedLength)
        case .produced(let length, _): body = .stream(length: length)
        }
        exchange = pool.exchange(request.head, body: body, deadline: deadline, receiver: self)
        if self.continuation == nil, inbound == nil { exchange = nil }
    }

    func cancel() {
        isCancelled = true
        guard continuation != nil || inbound != nil else { return }
        exchange?.cancel()
        end()
        inbound?.fail(Self.cancelled)
        resume(.failure(Self.cancelled))
    }

    private func resume(_ result: Result<HTTPResponse, CallFailure>) {
        let continuation = continuation
        self.continuation = nil
        continuation?.resume(returning: result)
    }

    private func end() {
        exchange = nil
        outbound?.fail(Self.over)
        outbound = nil
        producer?.cancel()
        producer = nil
    }

    // MARK: The request's body

    private func produceBody() {
        guard producer == nil, let exchange else { return }
        let outbound = OutboundBody(loop: loop, isWritable: exchange.isWritable) { exchange.send($0) }
        self.outbound = outbound
        let writer = HTTPBodyWriter(body: outbound)
        let storage = request.body.storage
        producer = Task.immediate(executorPreference: loop) {
            do {
                switch storage {
                case .empty, .whole: return
                case .arriving(let handle):
                    while let chunk = try await handle.body.next() { try await writer.write(chunk) }
                case .produced(_, let produce): try await produce(writer)
                }
                exchange.end()
            } catch {
                self.producerFailed()
            }
        }
    }

    private func producerFailed() {
        guard continuation != nil, let exchange else { return }
        exchange.cancel()
        end()
        resume(
            .failure(
                CallFailure(
                    .cancelled, "the body of the request broke off", stage: .request, mayHaveReachedPeer: true)))
    }

    // MARK: ResponseReceiver

    func writabilityChanged(_ isWritable: Bool) {
        if let outbound {
            outbound.writabilityChanged(isWritable)
        } else if isWritable {
            // The first call may come before `exchange` is set; the body is begun from the loop's next turn then.
            if exchange != nil { produceBody() } else { loop.eventLoop.execute { self.produceBody() } }
        }
    }

    func received(_ head: ResponseHead, hasBody: Bool) {
        self.head = head
        let length = head.headers[.contentLength].flatMap { Int($0) }
        guard hasBody, (length ?? .max) > Self.wholeLimit else { return }
        let body = InboundBody(loop: loop, announcedLength: length)
        body.demand = { [weak self] demand in
            switch demand {
            case .pause: self?.exchange?.pauseReading()
            case .resume: self?.exchange?.resumeReading()
            case .abandon:
                self?.exchange?.cancel()
                self?.end()
            }
        }
        inbound = body
        resume(.success(HTTPResponse(head: head, body: HTTPBody(.arriving(InboundBody.Handle(body))))))
    }

    func received(_ chunk: ByteBuffer) {
        if let inbound {
            inbound.push(chunk)
        } else if collected.readableBytes == 0 {
            collected = chunk
        } else {
            collected.writeImmutableBuffer(chunk)
        }
    }

    func receivedEnd(_ trailers: Headers?) {
        end()
        if let inbound {
            inbound.finish()
        } else if let head {
            resume(.success(HTTPResponse(head: head, body: HTTPBody(collected))))
        }
    }

    func failed(_ failure: CallFailure) {
        end()
        inbound?.fail(failure)
        resume(.failure(failure))
    }

    private static let cancelled = CallFailure(
        .cancelled, "the call was cancelled", stage: .request, mayHaveReachedPeer: true)
    private static let over = CallFailure(
        .cancelled, "the call is over", stage: .request, mayHaveReachedPeer: true)
}
