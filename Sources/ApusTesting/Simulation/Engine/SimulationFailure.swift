// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// A scenario didn't hold. Says under which seed, which is all that is needed to see it again.
public struct SimulationFailure: Error, Sendable, CustomStringConvertible {
    /// The seed of the run.
    public let seed: UInt64
    /// Which of the seeds that were tried it is, counted from 1.
    public internal(set) var number = 1
    /// How much of the simulation's time had passed.
    public let elapsed: Duration
    /// What didn't hold, as a sentence for a person.
    public let message: String

    public var description: String {
        "seed \(seed), which is number \(number), after \(elapsed): \(message) "
            + "(again: \(Simulation.seedsVariable)=\(seed))"
    }
}
