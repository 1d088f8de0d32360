// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import NIOCore
import Synchronization

// Further attempts.
extension ProxyExchange {
    /// Whether the request may be sent again though an instance may have seen it, and can be.
    private var isRepeatable: Bool {
        !streamsBody && (head.method.isIdempotent || head.headers.contains(.idempotencyKey))
    }

    /// Makes another attempt, at once or after a pause, if that is safe, useful and paid for.
    ///
    /// - Returns: whether it will be made; the attempt before has been recorded.
    func retry(after failure: CallFailure) -> Bool {
        guard let leg, decide(after: failure) else { return false }
        if let pause { wait(pause) } else { call(leg) }
        return true
    }

    /// Whether an answer is given up for another attempt, which is under way then.
    func replaces(_ head: ResponseHead, of leg: UpstreamLeg) -> Bool {
        guard let route, route.retriesStatuses, head.status.code >= 400, client.awaitsResponse, !isOver, isRepeatable,
            let upstream, let instance
        else { return false }
        retryAfter = RetryAfterHeader.read(head.headers)
        let failure = CallFailure(
            .unexpectedStatus, "the service answered with an error", stage: .response, status: head.status.code,
            retryAfter: retryAfter, mayHaveReachedPeer: true)
        guard route.configuration.retry.policy.failures.contains(failure), decide(after: failure) else { return false }
        self.upstream = nil
        leg.discard(upstream)
        instance.failures.add(1, ordering: .relaxed)
        record(.answered(status: head.status.code, retryAfter: retryAfter))
        status = 0
        retryAfter = nil
        let next = UpstreamLeg(self)
        self.leg = next
        if let pause { wait(pause) } else { call(next) }
        return true
    }

    /// Decides, and prepares the next attempt: whom it leaves out, and how long it waits.
    private func decide(after failure: CallFailure) -> Bool {
        guard let route, let retrier = route.retrier, let instance else { return false }
        pause = nil
        let hasOthers = route.service.hasInstance(on: context.loop, except: tried + [instance.candidate])
        // Who answers may be asked again; who can't be reached, or broke off, is left to others.
        let mayReturn = failure.code == .unexpectedStatus || failure.code == .deadlineExceeded
        guard hasOthers || mayReturn else { return false }
        let now = Instant.now
        var judged = failure
        // That this gateway's pool is full is no word of the instance.
        if failure.stage == .admission { judged.retryAfter = nil }
        var state = retries ?? retrier.state()
        let decision = retrier.decide(
            &state, after: &judged, isRepeatable: isRepeatable,
            deadline: deadline(from: streamsBody ? now : started), now: now)
        retries = state
        switch decision {
        case .giveUp(let reason):
            route.metrics.gaveUp(reason)
            return false
        case .retry(let wait, let avoidsPrevious, let reason):
            route.metrics.retried(reason)
            if !hasOthers { tried.removeAll() }
            if avoidsPrevious, hasOthers { tried.append(instance.candidate) }
            if wait > .zero { pause = wait }
            return true
        }
    }

    private func wait(_ time: Duration) {
        let exchange = NIOLoopBound(self, eventLoop: context.loop.eventLoop)
        waiting = context.loop.eventLoop.scheduleTask(in: .nanoseconds(time.nanoseconds)) {
            exchange.value.resume()
        }
    }

    private func resume() {
        waiting = nil
        guard !isOver, let leg else { return }
        call(leg)
    }
}
