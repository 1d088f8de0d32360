// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// A generator that several parts of the same thing draw from.
final class SimulatedChance: Sendable {
    private let random: Mutex<FastRandom>

    init(_ random: FastRandom) {
        self.random = Mutex(random)
    }

    func delay(_ distribution: DelayDistribution) -> Duration {
        random.withLock { distribution.draw(using: &$0) }
    }

    /// True for so large a share of the questions.
    func happens(_ share: Double) -> Bool {
        share > 0 && random.withLock { Double($0.next() >> 11) * 0x1p-53 } < share
    }

    func generator() -> FastRandom {
        random.withLock { FastRandom(seed: $0.next()) }
    }
}
