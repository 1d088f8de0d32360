// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// A network of services that lives in a test, in a time of its own: what takes minutes out there takes moments, and the
/// same seed always gives the same run.
///
/// ```swift
/// @Test("Users survive the loss of an instance")
/// func loss() throws {
///     try Simulation.run(seeds: 1...5) { simulation in
///         let users = try simulation.service("users", instances: 3)
///         let client = try simulation.client("web", of: users)
///         simulation.after(.seconds(10)) { users.instances[0].crash() }
///         await simulation.openLoop(client.endpoint, rate: 100, for: .seconds(30))
///         try simulation.require(simulation.record.successRate > 0.99, "calls failed")
///     }
/// }
/// ```
///
/// **What is real**: the layers and drivers that you ship. They take their clock from ``time``, their chance from
/// ``generator(for:)``, and run as they are. So does your own code, if it takes both as parameters. **What isn't**: the
/// instances (``SimulatedService``) and the way to them (``SimulatedNetwork``), which crash, pause, slow down, lose and
/// part as the scenario says.
///
/// **How it runs**: all tasks run on one thread, first come, first served. When none can run, the clock moves to the next
/// moment that one waits for. Tasks must therefore stay inside: children of the scenario's task do, and what is begun
/// with ``spawn(_:)``; `Task {}` and `Task.detached` don't, nor does `Task.sleep` wait for this clock. A task that
/// leaves is noticed, and a scenario that waits for something that can't come ends; both fail it.
///
/// The clock of a running simulation must not be read from elsewhere.
public final class Simulation: Sendable {
    /// What decides the run.
    public let seed: UInt64
    /// The clock, for layers, drivers and whatever else the scenario runs.
    public let time: TimeSource
    /// The way between clients and instances.
    public var network: SimulatedNetwork { parts.withLock { $0.network ?? make(&$0) } }
    /// What has happened.
    public let record = SimulationRecord()

    let clock: VirtualTime
    let executor = SimulationExecutor()
    private let parts = Mutex(Parts())

    private struct Parts {
        var network: SimulatedNetwork?
        var trace = TraceHash()
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var instances: [SimulatedInstance] = []
        var numbers: UInt64 = 0
        var problem: SimulationFailure?
    }

    init(seed: UInt64) {
        self.seed = seed
        clock = VirtualTime(executor: executor)
        time = clock.source
    }

    /// A generator for one part of the scenario. Each name has its own sequence for each seed, so that a part that draws
    /// more or less than before changes nothing for the others.
    public func generator(for name: String) -> FastRandom {
        FastRandom(seed: XXHash64.hash(name) ^ XXHash64.hash(seed))
    }

    /// How much of the simulation's time has passed.
    public var elapsed: Duration { VirtualTime.start.duration(to: clock.now) }

    /// Begins a task that goes on beside the scenario; it is cancelled at the scenario's end.
    @discardableResult
    public func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        let number = parts.withLock { parts in
            parts.numbers += 1
            return parts.numbers
        }
        let task = Task(executorPreference: executor) { [self] in
            await body()
            parts.withLock { _ = $0.tasks.removeValue(forKey: number) }
        }
        parts.withLock { $0.tasks[number] = task }
        return task
    }

    /// Has something done after a time, such as a crash.
    public func after(_ duration: Duration, _ action: @escaping @Sendable () -> Void) {
        clock.schedule(at: clock.now.advanced(by: duration), action)
    }

    /// Lets time pass.
    ///
    /// - Throws: when the task is cancelled.
    public func wait(for duration: Duration) async throws(CancellationError) {
        try await time.sleep(for: duration)
    }

    /// Ends the scenario if something doesn't hold.
    ///
    /// - Parameters:
    ///   - condition: what should be true.
    ///   - message: what is the matter if it isn't, with the figures.
    /// - Throws: ``SimulationFailure``.
    public func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(SimulationFailure) {
        if !condition { throw failure(message()) }
    }

    /// Fails the scenario from where nothing can be thrown, such as an action of ``after(_:_:)``. It ends at once; the
    /// first failure counts.
    public func fail(_ message: String) {
        let failure = failure(message)
        parts.withLock { $0.problem = $0.problem ?? failure }
    }

    /// Remembers an instance, so that it is taken apart at the end.
    func add(_ instance: SimulatedInstance) { parts.withLock { $0.instances.append(instance) } }

    /// What ``fail(_:)`` was told first.
    var problem: SimulationFailure? { parts.withLock { $0.problem } }

    /// Adds something to the trace, so that it counts when two runs are compared.
    public func note(_ text: String, _ number: UInt64 = 0) {
        let now = UInt64(bitPattern: clock.now.nanoseconds)
        parts.withLock { parts in
            parts.trace.add(now)
            parts.trace.add(text)
            parts.trace.add(number)
        }
    }

    /// A number for everything that was noted so far, in its order: two runs that are the same have the same.
    public var trace: UInt64 { parts.withLock { $0.trace.value } }

    func failure(_ message: String) -> SimulationFailure {
        SimulationFailure(seed: seed, elapsed: elapsed, message: message)
    }

    /// Ends everything that still goes on, and lets go of what holds on to each other, which is all memory otherwise: a
    /// run keeps a record of every call.
    func close() {
        let tasks = parts.withLock { parts in
            defer { parts.tasks = [:] }
            return parts.tasks.sorted { $0.key < $1.key }.map(\.value)
        }
        for task in tasks { task.cancel() }
        clock.close()
        _ = executor.drain(atMost: 1_000_000)
        let instances = parts.withLock { parts in
            defer {
                parts.instances = []
                parts.network = nil
            }
            return parts.instances
        }
        for instance in instances { instance.takeApart() }
    }

    private func make(_ parts: inout Parts) -> SimulatedNetwork {
        let network = SimulatedNetwork(in: self)
        parts.network = network
        return network
    }
}
