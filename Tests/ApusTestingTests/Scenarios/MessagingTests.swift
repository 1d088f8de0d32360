// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusTesting
import Foundation
import Synchronization
import Testing

@Suite("Scenario: messages and crashes")
struct MessagingTests {
    /// A minute of troubles while orders are placed, then peace.
    ///
    /// - Returns: what is left.
    @Sendable
    static func run(_ simulation: Simulation, hasBroker: Bool) async throws -> MessagingWorld {
        let world = try MessagingWorld(hasBroker: hasBroker, in: simulation)
        defer { world.end() }
        for replica in world.replicas { replica.start() }
        try await simulation.wait(for: .seconds(2))
        let accepted = Journal()
        await withThrowingTaskGroup { group in
            group.addTask { try await world.trouble(for: .seconds(60)) }
            group.addTask {
                for number in 0..<60 {
                    try await simulation.wait(for: world.draw(.milliseconds(10), .seconds(2)))
                    let type = number % 20 == 7 ? "poison" : number % 20 == 13 ? "broken" : "placed"
                    let message = world.message(number, type: type)
                    let delay = world.draw(10) == 0 ? world.draw(.milliseconds(1), .seconds(5)) : .zero
                    if await world.replicas[world.draw(2)].publish(message, delay: delay) { accepted.add(message) }
                }
            }
            do { try await group.waitForAll() } catch { simulation.fail("\(error)") }
        }
        try await world.drain(within: .seconds(120))
        let outbox = world.services[0].site.ledger
        for message in accepted.messages {
            let channel: Channel = hasBroker ? .broker : .service("stock")
            try simulation.require(outbox.row(message, in: channel) != nil, "\(message.id) was accepted and is lost")
        }
        try simulation.require(accepted.messages.count > 20, "only \(accepted.messages.count) were accepted")
        try await world.checkEffects()
        try await world.checkIdleness()
        try await world.checkPromptness()
        try await world.checkEffects()
        try await world.checkStopping()
        return world
    }

    @Test("Over relays every message has its effect once and in order, whatever ends, stands still or fails")
    func relays() throws { try check(hasBroker: false) }

    @Test("Over a broker every message has its effect once and in order, whatever ends, stands still or fails")
    func broker() throws { try check(hasBroker: true) }

    private func check(hasBroker: Bool) throws {
        let (refusals, repetitions) = (Count(), Count())
        try Simulation.run(seeds: 1...20) { simulation in
            let world = try await Self.run(simulation, hasBroker: hasBroker)
            refusals.add(world.sites.map(\.ledger.refusals).reduce(0, +))
            repetitions.add(world.effects.repetitions)
        }
        guard ProcessInfo.processInfo.environment[Simulation.seedsVariable] == nil else { return }
        #expect(refusals.value > 20, "hardly anybody lost a lease and settled")
        #expect(repetitions.value > 20, "hardly anything came twice")
    }

    @Test(
        "Two runs of messages with one seed are the same, two with different seeds are not", arguments: [false, true])
    func repeatable(hasBroker: Bool) throws {
        let traces = try [1, 1, 2].map { seed in
            try Simulation.run(seed: seed) { simulation in
                _ = try await Self.run(simulation, hasBroker: hasBroker)
                return simulation.trace
            }
        }
        #expect(traces[0] == traces[1])
        #expect(traces[0] != traces[2])
    }
}

/// A sum over several runs.
private final class Count: Sendable {
    private let state = Mutex(0)

    var value: Int { state.withLock { $0 } }

    func add(_ number: Int) { state.withLock { $0 += number } }
}

private final class Journal: Sendable {
    private let state = Mutex<[Message]>([])

    var messages: [Message] { state.withLock { $0 } }

    func add(_ message: Message) { state.withLock { $0.append(message) } }
}
