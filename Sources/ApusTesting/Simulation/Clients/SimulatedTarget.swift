// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import ApusResilience

/// What a simulated client keeps for each instance.
public final class SimulatedTarget: Sendable {
    /// The instance.
    public let instance: SimulatedInstance
    /// Its circuit breaker, if the client has one.
    public let breaker: CircuitBreaker?
    /// The way there, through the breaker.
    public let endpoint: SimulatedEndpoint

    init(instance: SimulatedInstance, breaker: CircuitBreaker?, endpoint: SimulatedEndpoint) {
        self.instance = instance
        self.breaker = breaker
        self.endpoint = endpoint
    }
}

/// The way from a client to an instance.
struct SimulatedTransport: Endpoint {
    let client: String
    let instance: SimulatedInstance
    let network: SimulatedNetwork

    func call(
        _ request: SimulatedRequest, in context: CallContext
    ) async throws(CallFailure) -> SimulatedResponse {
        try await network.call(request, in: context, from: client, to: instance)
    }
}

extension Simulation {
    /// The bare way to an instance, for a stack of your own.
    ///
    /// - Parameters:
    ///   - instance: whom it leads to.
    ///   - client: the name of who calls, which partitions and the record know.
    public func transport(to instance: SimulatedInstance, from client: String) -> SimulatedEndpoint {
        SimulatedEndpoint(SimulatedTransport(client: client, instance: instance, network: network))
    }
}
