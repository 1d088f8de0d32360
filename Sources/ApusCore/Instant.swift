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
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return Instant(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
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

extension Duration {
    /// The whole duration in nanoseconds, saturating at the bounds of `Int64` (about 292 years).
    @inlinable
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carry ? (seconds < 0 ? .min : .max) : sum
    }

    /// The duration in seconds, as metrics and logs show it.
    @inlinable
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    /// The duration in milliseconds, as logs show it.
    @inlinable
    public var milliseconds: Double { Double(nanoseconds) / 1e6 }

    /// Whole seconds, rounded up, at least one: what a `Retry-After` header says.
    public var retryAfterSeconds: Int64 {
        max(1, nanoseconds / 1_000_000_000 + (nanoseconds % 1_000_000_000 > 0 ? 1 : 0))
    }
}
