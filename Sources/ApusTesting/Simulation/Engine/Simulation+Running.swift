// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation
import Synchronization

extension Simulation {
    /// The environment variable that takes the place of a scenario's own seeds: one number, or two with a hyphen between
    /// them for all from the one to the other.
    public static let seedsVariable = "APUS_SIMULATION_SEEDS"

    /// Runs a scenario once for each seed, or for those that ``seedsVariable`` names.
    ///
    /// - Parameters:
    ///   - seeds: usually a few; more find more.
    ///   - limit: how much of the simulation's time a run may take. Default 1 h.
    ///   - scenario: builds the services and clients, puts them under load and throws what doesn't hold.
    /// - Throws: ``SimulationFailure``, which names the first seed that fails.
    public static func run(
        seeds: some Sequence<UInt64>, limit: Duration = .seconds(3600),
        _ scenario: @escaping @Sendable (Simulation) async throws -> Void
    ) throws(SimulationFailure) {
        let chosen = try chosenSeeds() ?? Array(seeds)
        for (index, seed) in chosen.enumerated() {
            do throws(SimulationFailure) {
                try run(seed: seed, limit: limit, scenario)
            } catch {
                var failure = error
                failure.number = index + 1
                throw failure
            }
        }
    }

    /// Runs a scenario once, on this thread, which is taken until it has ended.
    ///
    /// - Returns: what the scenario returns.
    /// - Throws: ``SimulationFailure``: what the scenario threw; that it waits for what can't come, or for longer than
    ///   `limit`; that a part of it left the simulation.
    @discardableResult
    public static func run<Value: Sendable>(
        seed: UInt64, limit: Duration = .seconds(3600),
        _ scenario: @escaping @Sendable (Simulation) async throws -> Value
    ) throws(SimulationFailure) -> Value {
        let simulation = Simulation(seed: seed)
        let outcome = Outcome<Value>()
        let task = Task(executorPreference: simulation.executor) {
            do {
                outcome.set(.success(try await scenario(simulation)))
            } catch let failure as SimulationFailure {
                outcome.set(.failure(failure))
            } catch {
                outcome.set(.failure(simulation.failure("\(error)")))
            }
        }
        let stopped = simulation.drive(until: { outcome.result != nil }, limit: limit)
        let result = outcome.result
        task.cancel()
        simulation.close()
        if let stopped { throw stopped }
        let strays = simulation.executor.strays
        if strays > 0 {
            throw simulation.failure(
                "\(strays) steps were made on other threads: a task has left the simulation, so it can't be repeated")
        }
        guard let result else { throw simulation.failure("the scenario gave no result") }
        return try result.get()
    }

    /// - Returns: why it can't go on; nil when `isDone`.
    private func drive(until isDone: () -> Bool, limit: Duration) -> SimulationFailure? {
        let end = VirtualTime.start.advanced(by: limit)
        while true {
            guard executor.drain(atMost: 10_000_000) else {
                return failure("tasks run on and on, and no time passes")
            }
            if let problem { return problem }
            if isDone() { return nil }
            guard clock.advance() else {
                return failure("the scenario waits for something that can't come: no task can run, no timer is set")
            }
            if clock.now > end { return failure("the scenario has not ended after \(limit) of its time") }
        }
    }

    private static func chosenSeeds() throws(SimulationFailure) -> [UInt64]? {
        guard let text = ProcessInfo.processInfo.environment[seedsVariable], !text.isEmpty else { return nil }
        let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
        guard bounds.count <= 2, let first = bounds[0], let last = bounds[bounds.count - 1], first <= last else {
            throw SimulationFailure(
                seed: 0, elapsed: .zero, message: "\(seedsVariable) must be like 7 or 1-100, is \(text)")
        }
        return Array(first...last)
    }
}

/// What a scenario ended with.
private final class Outcome<Value: Sendable>: Sendable {
    private let state = Mutex<Result<Value, SimulationFailure>?>(nil)

    var result: Result<Value, SimulationFailure>? { state.withLock { $0 } }

    func set(_ result: Result<Value, SimulationFailure>) {
        state.withLock { $0 = result }
    }
}
