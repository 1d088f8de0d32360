// SPDX-License-Identifier: Apache-2.0

/// Where a driver reads the time: the machine's clock in production, a clock that the test moves in tests.
///
/// Anything below the top floor that needs the time takes one as a parameter, `.system` by default.
public struct TimeSource: Sendable {
    private let read: @Sendable () -> Instant

    /// A clock that is read by calling `read`, from any thread.
    public init(_ read: @escaping @Sendable () -> Instant) {
        self.read = read
    }

    /// The current instant.
    public var now: Instant { read() }

    /// The machine's monotonic clock.
    public static let system = TimeSource { .now }
}
