// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What the instances of a simulated service are like.
public struct SimulatedServiceConfiguration: Sendable {
    /// How many requests an instance works on at once. Default 8, at least 1.
    public var workers = 8
    /// How many wait for a worker; further ones are answered 503. Default 1,000.
    public var maximumQueue = 1_000
    /// How long the work for a request takes. Default exponential with a mean of 10 ms.
    public var work = DelayDistribution.exponential(mean: .milliseconds(10))
    /// Whether work is given up, queued or begun, when its client goes away. Default true, as the HTTP server does it.
    public var noticesLeavingClients = true
    /// What follows on the work before the answer, such as calls to other services; occupies no worker. Default nothing.
    public var handler: (@Sendable (SimulatedRequest, CallContext) async throws(CallFailure) -> Void)?
    /// The layers around the work, made once for each instance that starts: takes the work, gives what serves requests.
    /// Default none.
    public var layers: (@Sendable (SimulatedInstance, SimulatedEndpoint) throws -> SimulatedEndpoint)?
    /// Told how long each request that got a worker had waited for it. Default nobody is.
    public var onStart: (@Sendable (SimulatedInstance, Duration) -> Void)?

    public init() {}
}
