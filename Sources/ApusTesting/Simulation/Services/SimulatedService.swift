// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// A service with several instances.
public final class SimulatedService: Sendable {
    /// Its name, with which those of its instances begin.
    public let name: String
    private let members: Mutex<[SimulatedInstance]>
    private let simulation: Simulation
    private let configuration: SimulatedServiceConfiguration

    init(
        _ name: String, instances: Int, _ configuration: SimulatedServiceConfiguration, in simulation: Simulation
    ) throws {
        self.name = name
        self.simulation = simulation
        self.configuration = configuration
        members = Mutex(
            try (0..<instances).map { try SimulatedInstance("\(name)-\($0)", configuration, in: simulation) })
    }

    /// The instances, the oldest first; those that are down too.
    public var instances: [SimulatedInstance] { members.withLock { $0 } }

    /// Adds an instance. Clients know it when they are told, by ``SimulatedClient/discover(_:)``.
    @discardableResult
    public func add() throws -> SimulatedInstance {
        let number = instances.count
        let instance = try SimulatedInstance("\(name)-\(number)", configuration, in: simulation)
        members.withLock { $0.append(instance) }
        return instance
    }
}

extension Simulation {
    /// A service.
    ///
    /// - Parameters:
    ///   - name: unique in the simulation.
    ///   - instances: how many. They are called by the name and a number from 0 on.
    ///   - configuration: what they are like.
    /// - Throws: what its layers throw.
    public func service(
        _ name: String, instances: Int, _ configuration: SimulatedServiceConfiguration = .init()
    ) throws -> SimulatedService {
        try SimulatedService(name, instances: instances, configuration, in: self)
    }
}
