// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime
import ApusTelemetry
import Synchronization

// An attempt: an instance is picked, asked, and perhaps fails.
extension ProxyExchange {
    static let noTime = CallFailure(
        .deadlineExceeded, "no time is left for the call", stage: .admission, mayHaveReachedPeer: false)

    func call(_ leg: UpstreamLeg) {
        guard let route else { return }
        let now = attempts == 0 ? started : Instant.now
        let deadline = attemptDeadline(of: route, now)
        guard allow(until: deadline, now) else { return fail(self.failure ?? Self.noTime) }
        guard acquire(route.service) else { return }
        let pick = route.service.pick(
            on: context.loop, for: BalancedCall(hash: hash, excluding: tried, now: now), at: now)
        switch consume pick {
        case .none(let failure):
            bulkheadPermit = nil
            adaptivePermit = nil
            fail(self.failure ?? failure)
        case .instance(let instance, let permit):
            self.instance = instance
            self.permit = permit
            lease = instance.candidate.lease()
            attemptStarted = now
            isMeasured = false
            attempts += 1
            instance.requests.add(1, ordering: .relaxed)
            (losesConnection, slowBody) = (false, 0)
            if context.faults.mayInject, inject(to: instance, leg, until: deadline) { return }
            send(to: instance, leg, until: deadline)
        }
    }

    /// Takes the permits of the service; otherwise the request has been answered.
    private func acquire(_ service: ServiceState) -> Bool {
        var reason = ShedReason.maxRequests
        do throws(CallFailure) {
            bulkheadPermit = try service.bulkhead?.acquireAtOnce()
            reason = .adaptive
            adaptivePermit = try service.adaptive?.acquireAtOnce()
            return true
        } catch {
            bulkheadPermit = nil
            let refusal = shed(for: reason, retryAfter: error.retryAfter)
            fail(failure ?? refusal)
            return false
        }
    }

    func send(to instance: InstanceState, _ leg: UpstreamLeg, until deadline: Instant?) {
        let attempt = attempts
        let exchange = instance.pool(on: context.loop).exchange(head, body: body, deadline: deadline, receiver: leg)
        // The call may have failed at once, and another may be under way.
        guard attempt == attempts, !isOver, lease != nil else { return }
        upstream = exchange
        if bodyWanted { wantBody(exchange) }
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

    private func attemptDeadline(of route: RouteModel, _ now: Instant) -> Instant? {
        let whole = deadline(from: streamsBody ? now : started)
        guard let timeout = route.attemptTimeout else { return whole }
        let own = now.advanced(by: timeout)
        return whole.map { min($0, own) } ?? own
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

    /// An exchange with an instance failed. Another attempt may do.
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
        record(isCallersDoing(failure) ? .cancelled : .failed(failure))
        route?.metrics.failed(at: failure.stage)
        guard client.awaitsResponse else {
            client.abort()
            return finish()
        }
        if !retry(after: failure) { fail(failure) }
    }

    /// Whether it failed because the client allowed too little time: that says nothing of the instance, or anybody could
    /// have every breaker opened.
    private func isCallersDoing(_ failure: CallFailure) -> Bool {
        guard failure.code == .deadlineExceeded, let callerDeadline else { return false }
        return callerDeadline <= .now
    }

    func fail(_ failure: CallFailure) {
        if self.failure == nil {
            self.failure = failure
            route?.metrics.failed(at: failure.stage)
        }
        answer(GatewayProblem(failure, service: route?.service.name ?? "", attempts: attempts))
    }

    /// What became of the attempt, said once to all who watch it. What is held for it is given back.
    func record(_ end: AttemptEnd) {
        guard let instance, lease != nil else { return }
        lease = nil
        bulkheadPermit = nil
        let outcome = end.call
        if routePermit != nil { routeOutcome = outcome }
        if let permit = permit.take() { instance.breaker?.record(permit, outcome) }
        if let permit = adaptivePermit.take() { permit.record(end.concurrency) }
        guard let service = route?.service, service.observesLatency || service.outliers != nil else { return }
        let now = Instant.now
        service.outliers?.record(end.outlier, of: instance.candidate, now: now)
        if service.observesLatency, !isMeasured, outcome.isFailure {
            // One that fails fast must not look like the best.
            let latency = max(attemptStarted.duration(to: now), .seconds(1))
            service.observe(latency, of: instance.candidate, now: now)
        }
    }
}
