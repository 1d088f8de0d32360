// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import ApusTelemetry
import NIOCore

// The response, from the instance or the gateway itself, and the end of it all.
extension ProxyExchange {
    /// The client keeps up with the response, or doesn't.
    func writabilityChanged(_ isWritable: Bool) {
        leg?.clientWritable(isWritable)
    }

    func responseBegan(_ status: HTTPStatus) {
        self.status = status.code
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
        record(CallOutcome(status: status))
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

    /// What became of the attempt, said once.
    func record(_ outcome: CallOutcome) {
        lease = nil
        guard let permit = permit.take() else { return }
        instance?.breaker?.record(permit, outcome)
    }

    func finish() {
        isOver = true
        leg = nil
        client.receiver = nil
        let duration = started.duration(to: .now).nanoseconds
        (route?.metrics ?? model.unmatched).finished(status: status, nanoseconds: duration)
        model.inFlight.decrement()
        context.log?.write(self, status: status, nanoseconds: duration)
    }
}
