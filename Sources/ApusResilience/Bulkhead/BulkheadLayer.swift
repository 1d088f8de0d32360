// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A layer that makes calls through a ``Bulkhead``; see ``ApusCore/Endpoint/bulkhead(_:partition:)``.
public struct BulkheadLayer<Upstream: Endpoint>: Endpoint {
    @usableFromInline let upstream: Upstream
    @usableFromInline let bulkhead: Bulkhead
    @usableFromInline let partition: Int

    @inlinable
    init(_ upstream: Upstream, bulkhead: Bulkhead, partition: Int) {
        self.upstream = upstream
        self.bulkhead = bulkhead
        self.partition = partition
    }

    @inlinable
    public func call(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        let permit = try await bulkhead.acquire(partition: partition, until: context.deadline)
        do throws(CallFailure) {
            let response = try await upstream.call(request, in: context)
            permit.release()
            return response
        } catch {
            permit.release()
            throw error
        }
    }
}

extension Endpoint {
    /// Makes calls as `bulkhead` has room for them: they wait for their turn, or fail with
    /// ``CallFailure/Code/overloaded``. A permit is held until the call has ended.
    ///
    /// - Parameter partition: the partition of the bulkhead whose share these calls may use. Default none; a name that the
    ///   bulkhead doesn't know is the same as none.
    @inlinable
    public func bulkhead(_ bulkhead: Bulkhead, partition: String? = nil) -> BulkheadLayer<Self> {
        BulkheadLayer(self, bulkhead: bulkhead, partition: bulkhead.number(of: partition))
    }
}
