// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Sends a request to another instance as well when the first takes long; the first answer wins.
///
/// Put it above the choice of the instance and the breaker, and below retries. A request that must not be repeated is
/// sent once. The losers are cancelled and not waited for: an answer is never held up by an attempt that is slow to heed
/// its cancellation; what a loser still yields is dropped, which lets go of what it holds.
///
/// A task that is cancelled throws ``CallFailure/Code/cancelled`` at once, its attempts are cancelled.
public struct HedgeLayer<Upstream: Endpoint>: Endpoint where Upstream.Request: RepeatableRequest {
    @usableFromInline let upstream: Upstream
    @usableFromInline let hedger: Hedger
    @usableFromInline let judge: @Sendable (Upstream.Response) -> CallFailure?

    /// - Parameters:
    ///   - upstream: what is called for each attempt, also several times at once.
    ///   - hedger: decides. Share one per service.
    ///   - judge: the failure that a response is, for calls whose errors come as values; nil for none. If every attempt
    ///     fails, the last such response is returned itself.
    @inlinable
    public init(
        _ upstream: Upstream, hedger: Hedger, judging judge: @escaping @Sendable (Upstream.Response) -> CallFailure?
    ) {
        self.upstream = upstream
        self.hedger = hedger
        self.judge = judge
    }

    @inlinable
    public func call(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        let now = hedger.begin()
        if request.isRepeatable, let state = hedger.state(deadline: context.deadline, now: now) {
            return try await hedged(request, in: context, state, since: now)
        }
        let response = try await upstream.call(request, in: context)
        if hedger.measures, judge(response) == nil { hedger.record(since: now, now: hedger.time.now) }
        return response
    }
}

extension Endpoint where Request: RepeatableRequest {
    /// Sends a request to another instance as well when the first takes long, as `hedger` decides.
    ///
    /// - Parameters:
    ///   - hedger: share one per service.
    ///   - judge: the failure that a response is, for calls whose errors come as values. Default: none is.
    @inlinable
    public func hedging(
        with hedger: Hedger, judging judge: @escaping @Sendable (Response) -> CallFailure? = { _ in nil }
    ) -> HedgeLayer<Self> {
        HedgeLayer(self, hedger: hedger, judging: judge)
    }
}
