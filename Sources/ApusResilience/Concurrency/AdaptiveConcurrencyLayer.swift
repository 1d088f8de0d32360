// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A layer that makes as many calls at once as the peer can take; see
/// ``ApusCore/Endpoint/adaptingConcurrency(_:partition:)``.
public struct AdaptiveConcurrencyLayer<Upstream: Endpoint>: Endpoint {
    @usableFromInline let upstream: Upstream
    @usableFromInline let limit: AdaptiveConcurrency
    @usableFromInline let partition: Int

    @inlinable
    init(_ upstream: Upstream, limit: AdaptiveConcurrency, partition: Int) {
        self.upstream = upstream
        self.limit = limit
        self.partition = partition
    }

    @inlinable
    public func call(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        let permit = try await limit.acquire(partition: partition, until: context.deadline)
        do throws(CallFailure) {
            let response = try await upstream.call(request, in: context)
            permit.record(.answered)
            return response
        } catch {
            permit.record(Task.isCancelled ? .ignored : ConcurrencyOutcome(error))
            throw error
        }
    }
}

extension Endpoint {
    /// Makes as many calls at once as `limit` has found out that the peer can take; the others fail with
    /// ``CallFailure/Code/overloaded``, or wait if the limit lets them.
    ///
    /// - Parameter partition: the partition whose share these calls may use. Default none; a name that the limit doesn't
    ///   know is the same as none.
    @inlinable
    public func adaptingConcurrency(
        _ limit: AdaptiveConcurrency, partition: String? = nil
    ) -> AdaptiveConcurrencyLayer<Self> {
        AdaptiveConcurrencyLayer(self, limit: limit, partition: limit.number(of: partition))
    }
}
