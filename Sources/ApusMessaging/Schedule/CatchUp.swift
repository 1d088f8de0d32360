// SPDX-License-Identifier: Apache-2.0

/// What becomes of the times that passed while no scheduler ran.
public enum CatchUp: Sendable, Hashable {
    /// Nothing: the first time after the start is the next one.
    case skip
    /// The last of them is made up for, if it isn't longer ago than `within`; those before it are not. Other instances may
    /// have published it already: so `within` must not be longer than the publisher recognizes a message again.
    /// Not negative.
    case latest(within: Duration)

    /// ``latest(within:)`` with 30 minutes.
    public static let latest = CatchUp.latest(within: .seconds(1800))

    /// By how much a time may be over when the scheduler looks for the first time.
    var atStart: Duration {
        switch self {
        case .skip: .zero
        case .latest(let within): within
        }
    }

    /// By how much it may be over when a running scheduler was held up.
    var whileRunning: Duration { max(atStart, .seconds(60)) }
}
