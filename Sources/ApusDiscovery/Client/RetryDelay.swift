// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// How long to wait after failures in a row: doubling from a base to a cap, half of it by chance so that clients of a
/// registry that comes back don't all come at once ("equal jitter").
struct RetryDelay: Sendable {
    let base: Duration
    let cap: Duration
    private var failures = 0
    private var random: FastRandom

    init(base: Duration, cap: Duration, random: FastRandom) {
        self.base = base
        self.cap = cap
        self.random = random
    }

    mutating func reset() {
        failures = 0
    }

    /// - Parameter atLeast: What the other side asked for; it is not shortened, but bounded by the cap.
    mutating func next(atLeast: Duration? = nil) -> Duration {
        let ceiling = min(cap, base * (1 << min(failures, 20)))
        failures += 1
        let half = ceiling.nanoseconds / 2
        let delay = Duration.nanoseconds(half + Int64.random(in: 0...max(0, half), using: &random))
        return max(delay, min(atLeast ?? .zero, cap))
    }
}
