// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A layer that lets calls through at the rate of a ``RateLimiter``; see ``ApusCore/Endpoint/rateLimited(_:cost:key:)``.
public struct RateLimitLayer<Upstream: Endpoint, Key: Hashable & Sendable>: Endpoint {
    @usableFromInline let upstream: Upstream
    @usableFromInline let limiter: RateLimiter<Key>
    @usableFromInline let cost: UInt32
    @usableFromInline let key: @Sendable (Upstream.Request, CallContext) -> Key

    @inlinable
    init(
        _ upstream: Upstream, limiter: RateLimiter<Key>, cost: UInt32,
        key: @escaping @Sendable (Upstream.Request, CallContext) -> Key
    ) {
        self.upstream = upstream
        self.limiter = limiter
        self.cost = cost
        self.key = key
    }

    @inlinable
    public func call(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        let decision = limiter.check(key(request, context), cost: cost)
        if !decision.isAllowed { throw decision.failure }
        return try await upstream.call(request, in: context)
    }
}

extension Endpoint {
    /// Lets calls through at the rate that `limiter` has for their key; the others fail at once with
    /// ``CallFailure/Code/overloaded`` and the time until one fits.
    ///
    /// - Parameters:
    ///   - cost: how many requests a call counts for. Default 1.
    ///   - key: under which key a call counts.
    @inlinable
    public func rateLimited<Key: Hashable & Sendable>(
        _ limiter: RateLimiter<Key>, cost: UInt32 = 1, key: @escaping @Sendable (Request, CallContext) -> Key
    ) -> RateLimitLayer<Self, Key> {
        RateLimitLayer(self, limiter: limiter, cost: cost, key: key)
    }
}
