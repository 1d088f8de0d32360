// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// A layer that does nothing.
struct IdleLayer<Upstream: Endpoint>: Endpoint {
    let upstream: Upstream

    func call(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        try await upstream.call(request, in: context)
    }
}

extension Endpoint {
    func idling() -> IdleLayer<Self> { IdleLayer(upstream: self) }
}
