// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A layer that sheds what is too much for this process; see ``ApusCore/Endpoint/shedding(_:priority:)``.
public struct LoadSheddingLayer<Upstream: Endpoint>: Endpoint {
    @usableFromInline let upstream: Upstream
    @usableFromInline let shedder: LoadShedder
    @usableFromInline let priority: @Sendable (Upstream.Request, CallContext) -> CallPriority

    @inlinable
    init(
        _ upstream: Upstream, shedder: LoadShedder,
        priority: @escaping @Sendable (Upstream.Request, CallContext) -> CallPriority
    ) {
        self.upstream = upstream
        self.shedder = shedder
        self.priority = priority
    }

    @inlinable
    public func call(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        let permit = try shedder.admit(priority(request, context))
        do throws(CallFailure) {
            let response = try await upstream.call(request, in: context)
            permit.finish()
            return response
        } catch {
            permit.finish()
            throw error
        }
    }
}

extension Endpoint {
    /// Lets calls through as far as `shedder` has room for their priority; the others fail at once with
    /// ``CallFailure/Code/overloaded``, why, and when to return.
    ///
    /// - Parameter priority: how much a call matters. Default ``CallPriority/normal`` for all.
    @inlinable
    public func shedding(
        _ shedder: LoadShedder,
        priority: @escaping @Sendable (Request, CallContext) -> CallPriority = { _, _ in .normal }
    ) -> LoadSheddingLayer<Self> {
        LoadSheddingLayer(self, shedder: shedder, priority: priority)
    }
}
