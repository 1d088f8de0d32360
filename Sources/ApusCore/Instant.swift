// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A point on the machine's monotonic clock, in nanoseconds.
///
/// Every deadline, window and lease in Apus is measured on this clock, so a step of the wall clock changes nothing.
/// The origin is arbitrary: an instant means something only inside the process that read it, and is never sent over the
/// wire (durations are).
///
/// Policies never read the clock; they take `now` as a parameter. Drivers hold a ``TimeSource``.
public struct Instant: InstantProtocol, Sendable {
    /// Nanoseconds since the clock's origin.
    public var nanoseconds: Int64

    @inlinable
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The current instant, from `CLOCK_MONOTONIC`.
    public static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Later than every instant that a process will see.
    @inlinable
    public static var distantFuture: Instant { Instant(nanoseconds: .max) }

    /// Saturates at ``distantFuture`` and at the far past instead of overflowing.
    @inlinable
    public func advanced(by duration: Duration) -> Instant {
        let added = duration.nanoseconds
        let (sum, overflow) = nanoseconds.addingReportingOverflow(added)
        return Instant(nanoseconds: overflow ? (added < 0 ? .min : .max) : sum)
    }

    /// The time from this instant to `other`, negative if `other` is earlier. Saturates instead of overflowing.
    @inlinable
    public func duration(to other: Instant) -> Duration {
        let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return .nanoseconds(overflow ? (other < self ? .min : .max) : difference)
    }

    @inlinable
    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}
