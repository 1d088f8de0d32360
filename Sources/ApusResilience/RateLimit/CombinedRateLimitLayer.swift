// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A layer that lets calls through at the rates of a ``CombinedRateLimiter``; see
/// ``ApusCore/Endpoint/rateLimited(_:cost:keys:)``.
public struct CombinedRateLimitLayer<Upstream: Endpoint>: Endpoint {
    @usableFromInline let upstream: Upstream
    @usableFromInline let limiter: CombinedRateLimiter
    @usableFromInline let cost: UInt32
    @usableFromInline let keys: @Sendable (Upstream.Request, CallContext) -> RateKeys

    @inlinable
    init(
        _ upstream: Upstream, limiter: CombinedRateLimiter, cost: UInt32,
        keys: @escaping @Sendable (Upstream.Request, CallContext) -> RateKeys
    ) {
        self.upstream = upstream
        self.limiter = limiter
        self.cost = cost
        self.keys = keys
    }

    @inlinable
    public func call(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        let decision = limiter.check(keys(request, context), cost: cost)
        if !decision.isAllowed { throw decision.decision.failure }
        return try await upstream.call(request, in: context)
    }
}

extension Endpoint {
    /// Lets calls through that fit all limits of `limiter`; the others fail at once with
    /// ``CallFailure/Code/overloaded`` and the longest time until one fits, and are charged to none.
    ///
    /// - Parameters:
    ///   - cost: how many requests a call counts for. Default 1.
    ///   - keys: under which keys a call counts, in the order of the limits. Default: every limit is common to all.
    @inlinable
    public func rateLimited(
        _ limiter: CombinedRateLimiter, cost: UInt32 = 1,
        keys: @escaping @Sendable (Request, CallContext) -> RateKeys = { _, _ in RateKeys() }
    ) -> CombinedRateLimitLayer<Self> {
        CombinedRateLimitLayer(self, limiter: limiter, cost: cost, keys: keys)
    }
}
