// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Makes a call again when that is safe and useful.
///
/// Everything below it happens once per attempt, everything above it once per call: put a breaker and the choice of an
/// instance below, a bulkhead and the deadline of the whole call above. One layer of retries in a stack is enough; two
/// multiply.
///
/// An attempt whose response is judged to be a failure is given up before the pause: what its response holds (a
/// connection, a permit) is let go. If it was the last one, the response itself is returned, so that its status and body
/// aren't lost.
///
/// A task that is cancelled gets no further attempt: during a pause it throws ``CallFailure/Code/cancelled`` at once.
public struct RetryLayer<Upstream: Endpoint>: Endpoint where Upstream.Request: RepeatableRequest {
    @usableFromInline let upstream: Upstream
    @usableFromInline let retrier: Retrier
    @usableFromInline let judge: @Sendable (Upstream.Response) -> CallFailure?

    /// - Parameters:
    ///   - upstream: what is called for each attempt.
    ///   - retrier: decides. Share one per service.
    ///   - judge: the failure that a response is, for calls whose errors come as values; nil for none.
    @inlinable
    public init(
        _ upstream: Upstream, retrier: Retrier, judging judge: @escaping @Sendable (Upstream.Response) -> CallFailure?
    ) {
        self.upstream = upstream
        self.retrier = retrier
        self.judge = judge
    }

    @inlinable
    public func call(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        let now = try retrier.begin(deadline: context.deadline)
        var first = context
        if let timeout = retrier.configuration.attemptTimeout { first = first.narrowed(to: now.advanced(by: timeout)) }
        let response: Upstream.Response
        let failure: CallFailure
        do throws(CallFailure) {
            response = try await upstream.call(request, in: first)
            guard let judged = judge(response) else { return response }
            failure = judged
        } catch {
            return try await repeating(request, in: context, after: error, response: nil)
        }
        return try await repeating(request, in: context, after: failure, response: consume response)
    }

    /// The attempts after the first, which has failed.
    @inlinable
    @inline(never)
    func repeating(
        _ request: Upstream.Request, in context: CallContext, after failure: CallFailure,
        response: consuming Upstream.Response?
    ) async throws(CallFailure) -> Upstream.Response {
        var state = retrier.state()
        var request = request
        var failure = failure
        var response = response
        while true {
            let decision = retrier.decide(
                &state, after: &failure, isRepeatable: request.isRepeatable, isCancelled: Task.isCancelled,
                deadline: context.deadline, now: retrier.time.now)
            guard case .retry(let pause, let avoidsPrevious, _) = decision else {
                if let response { return response }
                throw failure
            }
            response = nil
            let now = try await retrier.wait(for: pause, state, after: failure, deadline: context.deadline)
            request.prepare(
                for: RepeatedAttempt(number: state.attempts + 1, avoidsPrevious: avoidsPrevious, failure: failure))
            do throws(CallFailure) {
                let next = try await upstream.call(request, in: retrier.context(of: state, in: context, now: now))
                guard let judged = judge(next) else { return next }
                failure = judged
                response = next
            } catch {
                failure = error
            }
        }
    }
}

extension Endpoint where Request: RepeatableRequest {
    /// Makes a call again when that is safe and useful, as `retrier` decides.
    ///
    /// - Parameters:
    ///   - retrier: share one per service.
    ///   - judge: the failure that a response is, for calls whose errors come as values. Default: none is.
    @inlinable
    public func retrying(
        with retrier: Retrier, judging judge: @escaping @Sendable (Response) -> CallFailure? = { _ in nil }
    ) -> RetryLayer<Self> {
        RetryLayer(self, retrier: retrier, judging: judge)
    }
}
