// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// The way between clients and instances: every message takes its time, may be lost, and reaches nobody behind a
/// partition.
///
/// Connections are kept: a request to an instance that is up takes one way there and one way back. A message that is lost
/// is lost without a sign, and so is the answer to it; only a deadline, or the caller that gives up, ends such a call.
public final class SimulatedNetwork: Sendable {
    private struct State {
        var latency = DelayDistribution.uniform(.microseconds(200) ... .microseconds(600))
        var loss = 0.0
        /// Pairs of a client and an instance; either may stand for all.
        var partitions: [(client: String?, instance: String?)] = []
    }

    let clock: VirtualTime
    private let simulation: Simulation
    private let chance: SimulatedChance
    private let state = Mutex(State())

    init(in simulation: Simulation) {
        self.simulation = simulation
        clock = simulation.clock
        chance = SimulatedChance(simulation.generator(for: "network"))
    }

    /// How long a message takes, one way. Default between 0.2 and 0.6 ms.
    public var latency: DelayDistribution {
        get { state.withLock { $0.latency } }
        set { state.withLock { $0.latency = newValue } }
    }

    /// The share of the messages that are lost, 0 to 1. Default 0.
    public var loss: Double {
        get { state.withLock { $0.loss } }
        set { state.withLock { $0.loss = newValue } }
    }

    /// From now on nothing passes between a client and an instance, either way.
    ///
    /// - Parameters:
    ///   - client: nil for all clients. A service that calls others is called as its client is.
    ///   - instance: nil for all instances.
    public func part(client: String? = nil, instance: SimulatedInstance? = nil) {
        state.withLock { $0.partitions.append((client, instance?.id)) }
    }

    /// Ends all partitions.
    public func heal() {
        state.withLock { $0.partitions = [] }
    }

    /// Sends a request and waits for the answer.
    func call(
        _ request: SimulatedRequest, in context: CallContext, from client: String, to instance: SimulatedInstance
    ) async throws(CallFailure) -> SimulatedResponse {
        if Task.isCancelled {
            throw CallFailure(.cancelled, "the caller went away", stage: .connect, mayHaveReachedPeer: false)
        }
        simulation.record.add(
            Departure(
                at: simulation.elapsed, instance: instance.id, client: client, attempt: Int(context.attempt),
                remaining: context.remaining(at: clock.now)))
        let exchange = SimulatedExchange(request, in: context, from: client, to: instance, over: self)
        deliver(from: client, to: instance) { instance.receive(exchange) }
        return try await exchange.result().get()
    }

    /// Has a message arrive after its time, unless it doesn't.
    func deliver(from client: String, to instance: SimulatedInstance, _ arrive: @escaping @Sendable () -> Void) {
        let (latency, loss) = state.withLock { ($0.latency, $0.loss) }
        let delay = chance.delay(latency)
        if chance.happens(loss) { return }
        clock.schedule(at: clock.now.advanced(by: delay)) {
            if self.isOpen(client, instance.id) { arrive() }
        }
    }

    private func isOpen(_ client: String, _ instance: String) -> Bool {
        state.withLock { state in
            !state.partitions.contains { partition in
                (partition.client ?? client) == client && (partition.instance ?? instance) == instance
            }
        }
    }
}
