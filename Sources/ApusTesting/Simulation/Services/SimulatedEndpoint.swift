// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Any endpoint for simulated requests, so that stacks of different layers have one type.
public struct SimulatedEndpoint: Endpoint {
    private let endpoint: any Endpoint<SimulatedRequest, SimulatedResponse>

    /// An endpoint whose type doesn't matter.
    public init(_ endpoint: any Endpoint<SimulatedRequest, SimulatedResponse>) {
        self.endpoint = endpoint
    }

    public func call(
        _ request: SimulatedRequest, in context: CallContext
    ) async throws(CallFailure) -> SimulatedResponse {
        try await endpoint.call(request, in: context)
    }
}
