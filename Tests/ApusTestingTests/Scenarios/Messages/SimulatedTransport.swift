// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusTesting
import Synchronization

/// The way between services: it takes its time, loses requests and answers, and brings some twice, the second time late.
final class SimulatedTransport: RelayTransport {
    private let replica: SimulatedReplica
    private let process: SimulatedProcess
    private unowned let world: MessagingWorld
    private let random: Mutex<FastRandom>

    init(from replica: SimulatedReplica, _ process: SimulatedProcess, in world: MessagingWorld) {
        self.replica = replica
        self.process = process
        self.world = world
        random = Mutex(world.simulation.generator(for: "transport \(process.name)"))
    }

    func send(_ message: Message, to service: String) async throws {
        try await process.gate.pass()
        let (draw, late, choice, milliseconds) = random.withLock { random in
            (random.next() % 100, random.next() % 5_000, random.next(), random.next() % 20 + 1)
        }
        let chance = world.isTroubled ? draw : 100
        try await world.simulation.wait(for: .milliseconds(milliseconds))
        let targets = world.replicas.filter { $0.service.name == service && $0.isAlive }
        guard !replica.isCut, chance >= 5, !targets.isEmpty else { throw SimulatedHandler.Failed() }
        let target = targets[Int(choice % UInt64(targets.count))]
        // Across the wire and back.
        let received = try Message(cloudEvent: message.cloudEvent, received: message.created)
        if (5..<12).contains(chance) {
            world.simulation.after(.milliseconds(Int64(late))) { [world] in
                world.simulation.spawn {
                    do { try await target.receive(received) } catch { world.simulation.note("a second one was lost") }
                }
            }
        }
        // The other side goes on, whatever becomes of this one.
        let result = SimulatedAnswer()
        await world.simulation.spawn {
            do {
                try await target.receive(received)
                result.isStored = true
            } catch {
                result.isStored = false
            }
        }.value
        try await process.gate.pass()
        guard result.isStored, !(12..<17).contains(chance), !replica.isCut else { throw SimulatedHandler.Failed() }
    }
}

private final class SimulatedAnswer: Sendable {
    private let state = Mutex(false)

    var isStored: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
