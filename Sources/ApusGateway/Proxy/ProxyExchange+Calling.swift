// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import ApusTelemetry
import Synchronization

// The attempts.
extension ProxyExchange {
    static let noTime = CallFailure(
        .deadlineExceeded, "no time is left for the call", stage: .admission, mayHaveReachedPeer: false)

    func call(_ leg: UpstreamLeg) {
        guard let route else { return }
        let now = attempts == 0 ? started : Instant.now
        let deadline = deadline(from: streamsBody ? now : started)
        guard allow(until: deadline, now) else { return fail(self.failure ?? Self.noTime) }
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
                head, body: body, deadline: deadline, receiver: leg)
            // The call may have failed at once, and another may be under way.
            guard attempt == attempts, !isOver else { return }
            upstream = exchange
            if bodyWanted { wantBody(exchange) }
        }
    }

    /// Tells the instance how much time there is.
    ///
    /// While a body streams in, the time is the client's: only what that allows itself is passed on.
    ///
    /// - Returns: false if none is left.
    private func allow(until deadline: Instant?, _ now: Instant) -> Bool {
        if let deadline, deadline <= now { return false }
        guard let end = streamsBody ? callerDeadline : deadline else { return true }
        guard let text = TimeoutHeader.text(remaining: now.duration(to: end)) else { return false }
        head.headers[.timeout] = text
        return true
    }

    /// When the response's head must be there, of what begins to be waited for at `start`.
    func deadline(from start: Instant) -> Instant? {
        guard let timeout = route?.timeout else { return callerDeadline }
        return earlier(start.advanced(by: timeout))
    }

    /// The earlier of a deadline and the client's own.
    func earlier(_ deadline: Instant?) -> Instant? {
        guard let callerDeadline else { return deadline }
        return deadline.map { min($0, callerDeadline) } ?? callerDeadline
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
        record(isCallersDoing(failure) ? .cancelled : CallOutcome(failure))
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

    /// Whether it failed because the client allowed too little time: that says nothing of the instance, or anybody could
    /// have every breaker opened.
    private func isCallersDoing(_ failure: CallFailure) -> Bool {
        guard failure.code == .deadlineExceeded, let callerDeadline else { return false }
        return callerDeadline <= .now
    }

    /// Whether another instance may be asked: nothing reached the first one, or it broke off and the request is one that
    /// may be sent twice and that can be sent again.
    private func mayGoElsewhere(after failure: CallFailure) -> Bool {
        if !failure.mayHaveReachedPeer { return failure.code == .connectFailed || failure.code == .overloaded }
        return failure.code == .connectionLost && head.method.isIdempotent && !streamsBody
    }

    func fail(_ failure: CallFailure) {
        if self.failure == nil {
            self.failure = failure
            route?.metrics.failed(at: failure.stage)
        }
        answer(GatewayProblem(failure, service: route?.service.name ?? "", attempts: attempts))
    }
}
