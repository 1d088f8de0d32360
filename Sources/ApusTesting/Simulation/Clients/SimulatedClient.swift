// SPDX-License-Identifier: Apache-2.0
public import ApusBalancing
public import ApusCore
public import ApusResilience

/// A process that calls a service, with the stack of a service client: a deadline, over retries, over hedges, over the
/// choice of an instance, over a circuit breaker for each instance, over the network.
public final class SimulatedClient: Sendable {
    /// Its name, which partitions and the record know.
    public let name: String
    /// Makes calls to the service. Put further layers around it as you like.
    public let endpoint: SimulatedEndpoint
    /// Picks the instances.
    public let balancer: Balancer<SimulatedTarget, SeededPolicy>
    /// Leaves instances out; nil if the configuration doesn't.
    public let outliers: OutlierDetection?
    /// Decides about retries; nil if the configuration has none.
    public let retrier: Retrier?
    /// What retries and hedges draw on.
    public let budget: RetryBudget?
    private let simulation: Simulation
    private let breaker: CircuitBreakerConfiguration?

    init(_ name: String, _ configuration: SimulatedClientConfiguration, in simulation: Simulation) throws {
        self.name = name
        self.simulation = simulation
        breaker = configuration.breaker
        let time = simulation.time
        let problems = configuration.balancing.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        let policy = SeededPolicy(
            try AnyBalancingPolicy(configuration.balancing, using: simulation.generator(for: "turns of \(name)")),
            random: simulation.generator(for: "picks of \(name)"))
        let balancer = try Balancer<SimulatedTarget, SeededPolicy>(
            policy: policy, eligibility: configuration.balancing.eligibility, time: time)
        let outliers = try configuration.outliers.map { outliers in
            try OutlierDetection(
                outliers, random: simulation.generator(for: "outliers of \(name)"), time: time,
                onChange: { [record = simulation.record] in record.add($0, of: name) }
            ) {
                balancer.set.candidates
            }
        }
        let budget = try configuration.budget.map { try RetryBudget($0) }
        let retrier = try configuration.retry.map { retry in
            try Retrier(retry, budget: budget, time: time, random: simulation.generator(for: "retries of \(name)"))
        }
        var endpoint = SimulatedEndpoint(BalancedEndpoint(balancer: balancer, outliers: outliers, time: time))
        if let hedge = configuration.hedge {
            let hedger = try Hedger(hedge, budget: budget, depositing: retrier == nil, time: time)
            endpoint = SimulatedEndpoint(endpoint.hedging(with: hedger))
        }
        if let retrier { endpoint = SimulatedEndpoint(endpoint.retrying(with: retrier)) }
        if let deadline = configuration.deadline {
            endpoint = SimulatedEndpoint(endpoint.deadline(atMost: deadline, time: time))
        }
        (self.balancer, self.outliers, self.budget, self.retrier) = (balancer, outliers, budget, retrier)
        self.endpoint = endpoint
        if let outliers { simulation.spawn { await outliers.run() } }
    }

    /// Takes over the instances that there are now, as from a registry. Those that stay keep their breaker.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem of the breaker's configuration.
    public func discover(_ instances: [SimulatedInstance]) throws(InvalidConfiguration) {
        let present = balancer.set
        let known = Dictionary(uniqueKeysWithValues: zip(present.candidates.map(\.id), present.targets))
        var targets: [BalancedInstance<SimulatedTarget>] = []
        for instance in instances {
            let target = if let old = known[instance.id] { old } else { try target(instance) }
            targets.append(BalancedInstance(id: instance.id, target: target))
        }
        balancer.replace(by: targets)
    }

    /// The circuit breaker in front of an instance; nil if the client doesn't know it, or has no breakers.
    public func breaker(of instance: SimulatedInstance) -> CircuitBreaker? {
        balancer.set.targets.first { $0.instance === instance }?.breaker
    }

    private func target(_ instance: SimulatedInstance) throws(InvalidConfiguration) -> SimulatedTarget {
        let transport = SimulatedEndpoint(
            SimulatedTransport(client: name, instance: instance, network: simulation.network))
        guard let configuration = breaker else {
            return SimulatedTarget(instance: instance, breaker: nil, endpoint: transport)
        }
        let breaker = try CircuitBreaker(
            configuration: configuration, time: simulation.time,
            random: simulation.generator(for: "breaker of \(name) for \(instance.id)"),
            onTransition: { [record = simulation.record, name] in record.add($0, of: name, for: instance.id) })
        return SimulatedTarget(
            instance: instance, breaker: breaker, endpoint: SimulatedEndpoint(transport.breaking(breaker)))
    }
}

extension Simulation {
    /// A client of a service, which knows all its instances of now.
    ///
    /// - Parameters:
    ///   - name: unique in the simulation.
    ///   - service: whom it calls.
    ///   - configuration: how.
    /// - Throws: ``InvalidConfiguration`` with the problems of the first part that has some.
    public func client(
        _ name: String, of service: SimulatedService, _ configuration: SimulatedClientConfiguration = .init()
    ) throws -> SimulatedClient {
        let client = try SimulatedClient(name, configuration, in: self)
        try client.discover(service.instances)
        return client
    }
}
