// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusTesting
import Synchronization

/// What the handlers of a service do: mostly their work, in bad times also everything that handlers shouldn't.
final class SimulatedHandler: Sendable {
    struct Failed: Error {}

    private struct State {
        var isTroubled = false
        var random: FastRandom
    }

    private let simulation: Simulation
    private let state: Mutex<State>

    init(_ name: String, in simulation: Simulation) {
        self.simulation = simulation
        state = Mutex(State(random: simulation.generator(for: "handler \(name)")))
    }

    /// Whether these are bad times.
    func trouble(_ isTroubled: Bool) { state.withLock { $0.isTroubled = isTroubled } }

    /// Runs `effect`, which is a transaction, in the process of `gate`.
    func handle(_ type: String, _ gate: ProcessGate, _ effect: () async throws -> Void) async throws {
        let (choice, share) = state.withLock { state in
            (state.isTroubled ? state.random.next() % 100 : 0, Double(state.random.next() >> 11) * 0x1p-53)
        }
        switch type {
        case "poison": throw MessageRejected("never")
        case "broken": throw Failed()
        default: break
        }
        try await wait(.milliseconds(1) + .milliseconds(50) * share, gate)
        switch choice {
        case 0..<70: try await effect()
        case 70..<80:
            // Longer than its lease.
            try await wait(.seconds(9) * share, gate)
            try await effect()
        case 80..<86: throw Failed()
        case 86..<90:
            try await effect()
            throw Failed()
        case 90..<93: throw RetryLater(after: .seconds(1), countsAttempt: false, "not yet")
        case 93..<95:
            // Until somebody cancels it.
            try await wait(.seconds(3_600), gate)
        case 95..<97:
            // Until somebody cancels it, and then it returns as if it had done its work.
            do { try await wait(.seconds(3_600), gate) } catch { try await gate.pass() }
        default:
            // It doesn't hear that it is cancelled, and has its effect late.
            await simulation.spawn { [simulation] in
                do { try await simulation.wait(for: .seconds(20) * share) } catch { simulation.note("the end") }
            }.value
            try await gate.pass()
            try await effect()
        }
    }

    private func wait(_ duration: Duration, _ gate: ProcessGate) async throws {
        try await simulation.wait(for: duration)
        try await gate.pass()
    }
}
