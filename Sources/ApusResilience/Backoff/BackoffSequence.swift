// SPDX-License-Identifier: Apache-2.0

/// The delays of one run of attempts: a ``Backoff`` that remembers where it is.
public struct BackoffSequence: Sendable {
    /// What the delays are drawn from.
    public let backoff: Backoff
    /// How many delays were given since the start or the last ``reset()``.
    public private(set) var attempts = 0
    private var previous: Duration?

    public init(_ backoff: Backoff) {
        self.backoff = backoff
    }

    /// The next delay.
    public mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        if attempts < .max { attempts += 1 }
        let delay = backoff.delay(afterAttempt: attempts, previous: previous, using: &random)
        previous = delay
        return delay
    }

    /// Starts afresh, after a success.
    public mutating func reset() {
        attempts = 0
        previous = nil
    }
}
