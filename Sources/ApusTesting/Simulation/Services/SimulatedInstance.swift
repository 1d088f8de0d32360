// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// An instance of a service: so many workers, a queue before them, and everything that can befall it.
///
/// While it is down connections are refused; what it was working on when it crashed is lost, and its clients notice.
public final class SimulatedInstance: Sendable {
    /// Its name, unique in the simulation.
    public let id: String
    let simulation: Simulation
    let configuration: SimulatedServiceConfiguration
    let chance: SimulatedChance
    let gate = WaitingLine()
    let state: Mutex<State>

    struct State {
        /// What serves requests; nil while it is down.
        var serving: SimulatedEndpoint?
        var workerCount: Int
        var workers: SimulatedWorkers
        var isPaused = false
        var slowness = 1.0
        var errorShare = 0.0
        var exchanges: [UInt64: SimulatedExchange] = [:]
        var numbers: UInt64 = 0
        var mostAtOnce = 0
    }

    init(_ id: String, _ configuration: SimulatedServiceConfiguration, in simulation: Simulation) throws {
        self.id = id
        self.simulation = simulation
        self.configuration = configuration
        chance = SimulatedChance(simulation.generator(for: "instance \(id)"))
        state = Mutex(
            State(
                workerCount: configuration.workers,
                workers: SimulatedWorkers(configuration.workers, maximumQueue: configuration.maximumQueue)))
        try begin()
        simulation.add(self)
    }

    /// Whether it takes connections.
    public var isUp: Bool { state.withLock { $0.serving != nil } }

    /// How many requests it has, waiting or worked on.
    public var inFlight: Int { state.withLock { $0.exchanges.count } }

    /// How many it had at once at most, since the last look.
    public func takeMostAtOnce() -> Int {
        state.withLock { state in
            defer { state.mostAtOnce = state.exchanges.count }
            return state.mostAtOnce
        }
    }

    /// Goes down at once. What it was working on is lost.
    public func crash() {
        simulation.note("crash \(id)")
        let lost = state.withLock { state in
            state.serving = nil
            state.isPaused = false
            state.workers = SimulatedWorkers(state.workerCount, maximumQueue: configuration.maximumQueue)
            defer { state.exchanges = [:] }
            return state.exchanges.sorted { $0.key < $1.key }.map(\.value)
        }
        gate.admitAll()
        for exchange in lost { exchange.lose() }
    }

    /// Comes up again after a crash, with an empty queue and layers that remember nothing. If these can't be made, the
    /// scenario fails.
    public func start() {
        do { try begin() } catch { simulation.fail("\(id) doesn't start: \(error)") }
    }

    private func begin() throws {
        simulation.note("start \(id)")
        let work = SimulatedEndpoint(SimulatedWork(instance: self))
        let serving = try configuration.layers?(self, work) ?? work
        state.withLock { $0.serving = serving }
    }

    /// Lets go of what serves requests, which holds on to it, when the simulation has ended.
    func takeApart() {
        let held = state.withLock { state in
            defer { (state.serving, state.exchanges) = (nil, [:]) }
            return (state.serving, state.exchanges)
        }
        withExtendedLifetime(held) {}
    }

    /// Stands still, as a process that is stopped: takes connections and requests, and answers nothing.
    public func pause() {
        simulation.note("pause \(id)")
        state.withLock { $0.isPaused = true }
    }

    /// Goes on after a pause.
    public func resume() {
        simulation.note("resume \(id)")
        state.withLock { $0.isPaused = false }
        gate.admitAll()
    }

    /// Takes `factor` times as long for its work from now on. 1 is normal.
    public func slow(by factor: Double) {
        simulation.note("slow \(id)", factor.bitPattern)
        state.withLock { $0.slowness = factor }
    }

    /// Works on so many requests at once from now on, at least 1, as when a neighbour takes or leaves processors. What is
    /// being worked on goes on.
    public func resize(toWorkers count: Int) {
        simulation.note("resize \(id)", UInt64(max(1, count)))
        let workers = state.withLock { state in
            state.workerCount = count
            return state.workers
        }
        workers.resize(to: count)
    }

    /// Answers so large a share of the requests with 500 from now on, 0 to 1.
    public func fail(_ share: Double) {
        simulation.note("fail \(id)", share.bitPattern)
        state.withLock { $0.errorShare = share }
    }
}
