// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Makes the calls that a circuit breaker lets through, and records what became of each once, when the endpoint below
/// returned or threw. What lies below is what the breaker sees as one call: an attempt if retries are above it, all of
/// them if they are below.
///
/// A call that threw after its task was cancelled counts as cancelled.
public struct BreakerLayer<Upstream: Endpoint>: Endpoint {
    @usableFromInline let upstream: Upstream
    @usableFromInline let breaker: CircuitBreaker
    @usableFromInline let judge: @Sendable (Upstream.Response) -> CallOutcome
    @usableFromInline let judgeFailure: @Sendable (CallFailure) -> CallOutcome

    @inlinable
    init(
        _ upstream: Upstream, _ breaker: CircuitBreaker,
        _ judge: @escaping @Sendable (Upstream.Response) -> CallOutcome,
        _ judgeFailure: @escaping @Sendable (CallFailure) -> CallOutcome
    ) {
        self.upstream = upstream
        self.breaker = breaker
        self.judge = judge
        self.judgeFailure = judgeFailure
    }

    @inlinable
    public func call(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        let permit = try breaker.admit()
        let response: Upstream.Response
        do throws(CallFailure) {
            response = try await upstream.call(request, in: context)
        } catch {
            breaker.record(permit, Task.isCancelled ? .cancelled : judgeFailure(error))
            throw error
        }
        breaker.record(permit, judge(response))
        return response
    }
}

extension Endpoint {
    /// This endpoint behind a circuit breaker.
    ///
    /// - Parameters:
    ///   - breaker: gives the permits. May be shared with other endpoints.
    ///   - judge: what a response says about the peer. Default: that it works.
    ///   - judgeFailure: what a failure says about the peer. Default: ``CallOutcome/init(_:)``. Give
    ///     ``CallOutcome/ignored`` for what shall not count.
    /// - Returns: an endpoint that also throws ``CallFailure/Code/breakerOpen``, with `retryAfter`.
    @inlinable
    public func breaking(
        _ breaker: CircuitBreaker, judging judge: @escaping @Sendable (Response) -> CallOutcome = { _ in .success },
        failures judgeFailure: @escaping @Sendable (CallFailure) -> CallOutcome = { CallOutcome($0) }
    ) -> BreakerLayer<Self> {
        BreakerLayer(self, breaker, judge, judgeFailure)
    }
}
