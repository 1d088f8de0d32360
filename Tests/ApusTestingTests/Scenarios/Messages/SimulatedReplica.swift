// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusResilience
import ApusTesting
import Foundation
import Logging
import Synchronization

/// One replica of a service, which publishes, relays and handles; it crashes and starts again, over the same store.
final class SimulatedReplica: Sendable {
    private struct State {
        var life: Life?
        var isCut = false
        var lives = 0
    }

    /// What a crash takes with it.
    private struct Life {
        let process: SimulatedProcess
        let queue: MessageQueue
        let outbox: MessageQueue
        let tasks: [Task<Void, Never>]
    }

    let name: String
    let service: SimulatedMessenger
    let handler: SimulatedHandler
    private unowned let world: MessagingWorld
    private let state = Mutex(State())
    private static let silence = Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() }

    init(_ name: String, of service: SimulatedMessenger, in world: MessagingWorld) {
        self.name = name
        self.service = service
        self.world = world
        handler = SimulatedHandler(name, in: world.simulation)
    }

    var isAlive: Bool { state.withLock { $0.life != nil } }

    /// Whether nobody can reach it, nor it anybody.
    var isCut: Bool {
        get { state.withLock { $0.isCut } }
        set { state.withLock { $0.isCut = newValue } }
    }

    /// Starts its process, unless it runs.
    func start() {
        guard !isAlive else { return }
        let number = state.withLock { state in
            state.lives += 1
            return state.lives
        }
        let process = SimulatedProcess("\(name)/\(number)", wall: world.wall, in: world.simulation)
        do {
            let life = try makeLife(process)
            state.withLock { $0.life = life }
        } catch {
            world.simulation.fail("\(error)")
        }
    }

    /// Ends its process at once.
    func crash() {
        let life = state.withLock { state in
            defer { state.life = nil }
            return state.life
        }
        life?.process.gate.end()
        for task in life?.tasks ?? [] { task.cancel() }
    }

    /// Ends its process in good order.
    func stop() async {
        let life = state.withLock { state in
            defer { state.life = nil }
            return state.life
        }
        for task in life?.tasks ?? [] { task.cancel() }
        for task in life?.tasks ?? [] { await task.value }
        life?.process.gate.end()
    }

    /// Lets its process stand still for so long, also while it is to stop.
    func pause(for duration: Duration) {
        guard let gate = state.withLock({ $0.life })?.process.gate else { return }
        gate.pause()
        world.simulation.after(duration) { gate.resume() }
    }

    /// Publishes in a transaction of the service's database.
    ///
    /// - Returns: whether it is known to be published.
    func publish(_ message: Message, delay: Duration) async -> Bool {
        guard let life = state.withLock({ $0.life }) else { return false }
        do {
            try await life.process.gate.pass()
            try await life.outbox.publish(message, .init(delay: delay))
            return true
        } catch {
            return false
        }
    }

    /// Takes what another service relayed.
    func receive(_ message: Message) async throws {
        guard let life = state.withLock({ $0.life }), !isCut else { throw SimulatedHandler.Failed() }
        try await life.queue.receive(message)
        guard !isCut else { throw SimulatedHandler.Failed() }
    }

    private func makeLife(_ process: SimulatedProcess) throws -> Life {
        let simulation = world.simulation
        let store = ProcessStore(service.site, process, in: simulation)
        let transaction = ProcessStore(service.site, process, in: simulation, isInTransaction: true)
        var random = simulation.generator(for: process.name)
        let routing: Routing = world.broker == nil ? .subscriptions(service.subscriptions) : .broker
        let outbox = MessageQueue(
            store: transaction, routing: routing, random: FastRandom(seed: random.next()))
        let queue: MessageQueue
        var services: [@Sendable () async throws -> Void] = []
        if let site = world.broker {
            let broker = ProcessStore(site, process, in: simulation) { [weak self] in self?.isCut == false }
            queue = MessageQueue(store: broker, channel: .service(service.name))
            try subscribe(queue, process, outbox)
            let relay = try BrokerRelay(
                queue: MessageQueue(store: store, routing: .broker), broker: broker,
                configuration: Self.quickly(BrokerRelay.defaults), logger: Self.silence,
                random: FastRandom(seed: random.next()))
            let subscriber = try BrokerSubscriber(
                queue: queue, broker: broker, service: service.name, configuration: Self.working,
                logger: Self.silence, random: FastRandom(seed: random.next()))
            services = [{ try await relay.run() }, { try await subscriber.run() }]
        } else {
            queue = MessageQueue(store: store, routing: routing)
            try subscribe(queue, process, outbox)
            let worker = try QueueWorker(
                queue: queue, configuration: Self.working, logger: Self.silence,
                random: FastRandom(seed: random.next()))
            let transport = SimulatedTransport(from: self, process, in: world)
            let relay = try Relay(
                queue: queue, transport: transport, configuration: Self.quickly(Relay.defaults),
                logger: Self.silence, random: FastRandom(seed: random.next()))
            services = [{ try await worker.run() }]
            if !service.subscriptions.isEmpty { services.append { try await relay.run() } }
        }
        let tasks = services.map { service in
            simulation.spawn {
                do { try await service() } catch { simulation.fail("\(process.name) ended: \(error)") }
            }
        }
        return Life(process: process, queue: queue, outbox: outbox, tasks: tasks)
    }

    private func subscribe(_ queue: MessageQueue, _ process: SimulatedProcess, _ outbox: MessageQueue) throws {
        for type in service.types.sorted() {
            try queue.subscribe(MessageType<Int>(type)) { [service, handler, world] _, delivery in
                let message = delivery.message
                try await handler.handle(type, process.gate) {
                    // At one moment: nothing in here waits.
                    try await process.gate.pass()
                    guard world.effects.once(.init(service: service.name, message: message.id)) else { return }
                    guard let answer = service.answer(to: message) else { return }
                    try await outbox.publish(answer)
                }
            }
        }
    }

    /// Rare enough that who isn't woken is late.
    private static let poll = Duration.seconds(5)

    private static let working = WorkerConfiguration(
        concurrency: 4, lease: .seconds(3), handlerTimeout: .seconds(10),
        retry: RetryPolicy(
            maximumAttempts: SimulatedMessenger.attempts,
            backoff: Backoff(base: .milliseconds(100), maximum: .seconds(2), jitter: .equal)),
        pollInterval: SimulatedReplica.poll, drainTimeout: .seconds(2))

    private static func quickly(_ defaults: WorkerConfiguration) -> WorkerConfiguration {
        var configuration = defaults
        configuration.lease = .seconds(3)
        configuration.pollInterval = poll
        configuration.drainTimeout = .seconds(2)
        return configuration
    }
}
