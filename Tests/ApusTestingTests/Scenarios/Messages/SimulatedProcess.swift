// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusTesting
import Foundation

/// One life of a process. What it does takes effect only through what it calls: its store, the network, its clock. All of
/// them wait while it is paused and are refused when it has ended, so a crash forgets what it had in hand.
final class SimulatedProcess: Sendable {
    let name: String
    let gate = ProcessGate()
    /// Its own clock, which reads the wall once, at its start.
    let clock: QueueClock

    /// - Parameter wall: what the clock on the wall says now.
    init(_ name: String, wall: Date, in simulation: Simulation) {
        self.name = name
        clock = simulation.queueClock(wallOrigin: wall) { [gate] duration in
            try await simulation.wait(for: duration)
            try await gate.pass()
        }
    }
}
