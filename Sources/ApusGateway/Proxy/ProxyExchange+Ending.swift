// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime
import ApusTelemetry
import NIOCore

// The response, from the instance or the gateway itself, and the end of it all.
extension ProxyExchange {
    /// The client keeps up with the response, or doesn't.
    func writabilityChanged(_ isWritable: Bool) {
        leg?.clientWritable(isWritable)
    }

    /// The instance's head is there, and is what the client will get.
    func responseBegan(_ head: inout ResponseHead) {
        status = head.status.code
        if status == 503 || status == 429 { retryAfter = RetryAfterHeader.read(head.headers) }
        if let newCookie { head.headers.append(.setCookie, newCookie) }
        guard let service = route?.service, service.observesLatency, status < 500, let instance else { return }
        isMeasured = true
        let now = Instant.now
        service.observe(attemptStarted.duration(to: now), of: instance.candidate, now: now)
    }

    /// Some of the response came: the time until more of it must come begins anew.
    func responseProgressed() {
        upstream?.setDeadline(earlier(route?.idleTimeout.map { Instant.now.advanced(by: $0) }))
    }

    /// The client is slow to take the response, which is no fault of the instance.
    func clientFellBehind() {
        upstream?.pauseReading()
        upstream?.setDeadline(callerDeadline)
    }

    /// The response is complete.
    func completed() {
        guard !isOver else { return }
        upstream = nil
        record(.answered(status: status, retryAfter: retryAfter))
        finish()
    }

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

    func finish() {
        isOver = true
        leg = nil
        waiting?.cancel()
        if let permit = routePermit.take() { route?.breaker?.record(permit, routeOutcome) }
        client.receiver = nil
        let now = Instant.now
        if isAdmitted { context.shedder?.finish(at: now) }
        let duration = started.duration(to: now).nanoseconds
        (route?.metrics ?? model.unmatched).finished(status: status, nanoseconds: duration)
        model.inFlight.decrement()
        context.log?.write(self, status: status, nanoseconds: duration)
    }
}
