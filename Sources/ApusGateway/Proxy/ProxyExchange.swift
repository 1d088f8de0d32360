// SPDX-License-Identifier: Apache-2.0
import ApusAuth
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import ApusTelemetry
import NIOCore
import Synchronization

/// One request on its way through the gateway, from its head to the last byte of its response. Lives on one event loop.
///
/// States: *admitted* → *calling* an instance (perhaps another, if that is safe) → *answering* → *over*.
/// The breaker's permit is held while an instance is called and answers, and recorded once.
final class ProxyExchange: RequestReceiver {
    let context: LoopContext
    let model: GatewayModel
    let client: ServerExchange
    let sender: String
    let started = Instant.now
    private(set) var head: RequestHead
    private(set) var route: RouteModel?
    private(set) var instance: InstanceState?
    private(set) var attempts = 0
    private(set) var failure: CallFailure?
    var sentBytes = 0
    var receivedBytes = 0

    private var body = RequestBody.none
    private var permit: CircuitBreakerPermit?
    private var lease: CandidateLease?
    private var tried: [Candidate] = []
    private(set) var upstream: ClientExchange?
    private var leg: UpstreamLeg?
    private var streamsBody = false
    private var bodyWanted = false
    private var isOver = false
    /// The status of the instance's response; 0 until its head is there.
    private var status = 0

    init(_ head: RequestHead, client: ServerExchange, sender: String, context: LoopContext, model: GatewayModel) {
        self.head = head
        self.client = client
        self.sender = sender
        self.context = context
        self.model = model
    }

    // MARK: Admission

    /// Checks the route's conditions and calls an instance.
    ///
    /// - Parameter path: The length of the path in the target.
    func begin(_ route: RouteModel, path: Int, info: ConnectionInfo) {
        self.route = route
        var principal: Principal?
        if let scopes = route.scopes {
            do throws(AuthFailure) {
                principal = try model.tokens?.authenticate(authorization: head.headers.values(.authorization))
                try principal?.require(scopes: scopes)
            } catch {
                return answer(GatewayProblem(error))
            }
            // The gateway isn't made without something that verifies tokens if a route asks for one.
            guard principal != nil else { return answer(.noAuthenticator) }
        }
        if let limiter = route.limiter {
            let key =
                switch route.configuration.rateLimit?.by {
                case .subject: principal?.subject ?? ""
                case .route: ""
                case .client, nil: sender
                }
            let decision = limiter.check(key, now: started)
            guard decision.isAllowed else {
                var problem = GatewayProblem(429, "rate_limited", "Too many requests")
                problem.retryAfter = decision.retryAfter
                return answer(problem)
            }
        }
        if route.isRewriting { rewrite(route, path: path) }
        model.forwarded.apply(to: &head.headers, from: info)
        HopByHop.removeFromRequest(&head.headers)
        if let whole = client.wholeBody {
            body = .whole(whole)
            receivedBytes = whole.readableBytes
        } else if client.hasBody {
            body = .stream(length: client.contentLength)
            streamsBody = true
            client.pauseReading()
        }
        let leg = UpstreamLeg(self)
        self.leg = leg
        client.receiver = self
        call(leg)
    }

    private func rewrite(_ route: RouteModel, path: Int) {
        var target = head.target
        target = target.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            let path = UnsafeRawBufferPointer(rebasing: bytes[..<path])
            return String(decoding: route.rewritten(path) + bytes[path.count...], as: UTF8.self)
        }
        head.target = target
    }

    // MARK: Calling

    private func call(_ leg: UpstreamLeg) {
        guard let route else { return }
        let now = attempts == 0 ? started : Instant.now
        switch route.service.pick(on: context.loop, at: now, except: tried) {
        case .none(let failure): fail(self.failure ?? failure)
        case .instance(let instance, let permit):
            self.instance = instance
            self.permit = permit
            lease = instance.candidate.lease()
            attempts += 1
            instance.requests.add(1, ordering: .relaxed)
            let attempt = attempts
            let exchange = instance.pool(on: context.loop).exchange(
                head, body: body, deadline: deadline(from: streamsBody ? now : started), receiver: leg)
            // The call may have failed at once, and another may be under way.
            guard attempt == attempts, !isOver else { return }
            upstream = exchange
            if bodyWanted { wantBody(exchange) }
        }
    }

    private func deadline(from start: Instant) -> Instant? {
        route?.timeout.map { start.advanced(by: $0) }
    }

    /// An exchange with an instance failed. Another instance may do.
    func failed(_ failure: CallFailure) {
        guard !isOver else { return }
        upstream = nil
        self.failure = failure
        if let instance {
            instance.failures.add(1, ordering: .relaxed)
            if failure.code == .connectFailed, let timeout = route?.service.configuration.failTimeout {
                instance.avoid(for: timeout, on: context.loop)
            }
        }
        record(CallOutcome(failure))
        route?.metrics.failed(at: failure.stage)
        guard client.awaitsResponse else {
            client.abort()
            return finish()
        }
        if mayGoElsewhere(after: failure), let leg, let route, let instance, attempts < route.configuration.attempts {
            tried.append(instance.candidate)
            route.metrics.retries.increment()
            return call(leg)
        }
        fail(failure)
    }

    /// Whether another instance may be asked: nothing reached the first one, or it broke off and the request is one that
    /// may be sent twice and that can be sent again.
    private func mayGoElsewhere(after failure: CallFailure) -> Bool {
        if !failure.mayHaveReachedPeer { return failure.code == .connectFailed || failure.code == .overloaded }
        return failure.code == .connectionLost && head.method.isIdempotent && !streamsBody
    }

    private func fail(_ failure: CallFailure) {
        if self.failure == nil {
            self.failure = failure
            route?.metrics.failed(at: failure.stage)
        }
        answer(GatewayProblem(failure, service: route?.service.name ?? "", attempts: attempts))
    }

    // MARK: The request's body

    /// The instance takes more of the body, or no more for now.
    func upstreamWritable(_ isWritable: Bool) {
        guard streamsBody, !isOver else { return }
        bodyWanted = isWritable
        guard let upstream else { return }
        if isWritable { wantBody(upstream) } else { pauseBody(upstream) }
    }

    /// From here on the instance waits for the client, whose slowness is the server's matter and not the instance's.
    private func wantBody(_ upstream: ClientExchange) {
        if client.awaitsResponse { upstream.setDeadline(nil) }
        client.resumeReading()
    }

    /// From here on the client waits for the instance.
    private func pauseBody(_ upstream: ClientExchange) {
        client.pauseReading()
        if client.awaitsResponse { upstream.setDeadline(deadline(from: .now)) }
    }

    func received(_ chunk: ByteBuffer) {
        guard let upstream, !isOver else { return }
        receivedBytes += chunk.readableBytes
        upstream.send(chunk)
        if !upstream.isWritable { upstreamWritable(false) }
    }

    func receivedEnd(_ trailers: Headers?) {
        guard let upstream, !isOver else { return }
        if client.awaitsResponse { upstream.setDeadline(deadline(from: .now)) }
        upstream.end(trailers.flatMap(HopByHop.forwardable(trailers:)))
    }

    func refused(_ error: ProtocolError) -> Bool {
        guard !isOver else { return false }
        upstream?.cancel()
        upstream = nil
        record(.cancelled)
        answer(GatewayProblem(error))
        return true
    }

    // MARK: The response

    /// The client keeps up with the response, or doesn't.
    func writabilityChanged(_ isWritable: Bool) {
        leg?.clientWritable(isWritable)
    }

    func responseBegan(_ status: HTTPStatus) {
        self.status = status.code
    }

    /// Some of the response came: the time until more of it must come begins anew.
    func responseProgressed() {
        upstream?.setDeadline(route?.idleTimeout.map { Instant.now.advanced(by: $0) })
    }

    /// The response is complete.
    func completed() {
        guard !isOver else { return }
        upstream = nil
        record(CallOutcome(status: status))
        finish()
    }

    // MARK: The end

    /// Answers with an error of the gateway's own.
    func answer(_ problem: GatewayProblem) {
        guard !isOver else { return }
        status = problem.status.code
        let (head, body) = problem.response(
            path: String(self.head.path), requestID: self.head.headers[.requestID], allocator: context.allocator)
        sentBytes = body.readableBytes
        client.respond(head, body: body)
        finish()
    }

    /// Answers what asks about the gateway and not about a path: a service has no say in that (RFC 9110, section 9.3.7).
    func answerOptions() {
        status = 200
        var headers: Headers = [.allow: model.table.allowed]
        headers[.requestID] = head.headers[.requestID]
        client.respond(ResponseHead(status: .ok, headers: headers), body: ByteBuffer())
        finish()
    }

    /// The client is gone, or too slow, or sent something that isn't HTTP.
    func cancelled(_ reason: ExchangeCancellation) {
        guard !isOver else { return }
        upstream?.cancel()
        upstream = nil
        record(.cancelled)
        status = 0
        finish()
    }

    private func record(_ outcome: CallOutcome) {
        lease = nil
        guard let permit = permit.take() else { return }
        instance?.breaker?.record(permit, outcome)
    }

    private func finish() {
        isOver = true
        leg = nil
        client.receiver = nil
        let duration = started.duration(to: .now).nanoseconds
        (route?.metrics ?? model.unmatched).finished(status: status, nanoseconds: duration)
        model.inFlight.decrement()
        context.log?.write(self, status: status, nanoseconds: duration)
    }
}
