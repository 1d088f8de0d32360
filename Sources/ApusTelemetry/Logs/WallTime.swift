// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The time of day that a log line shows, in nanoseconds since 1970 (UTC). Only for people and for the log: deadlines
/// and durations are measured on `Instant`.
public struct WallTime: Sendable, Hashable {
    /// Since 1970-01-01T00:00:00Z; may be negative.
    public var nanoseconds: Int64

    /// - Parameter nanoseconds: since 1970-01-01T00:00:00Z.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The current time, from `CLOCK_REALTIME`.
    public static var now: WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Whole seconds since 1970, rounded down.
    var seconds: Int64 {
        nanoseconds / 1_000_000_000 - (nanoseconds % 1_000_000_000 < 0 ? 1 : 0)
    }

    /// Milliseconds within the second.
    var milliseconds: Int64 {
        (nanoseconds - seconds * 1_000_000_000) / 1_000_000
    }

    /// How far the local time of this machine is from UTC, in seconds.
    var localOffset: Int64 {
        var time = time_t(seconds)
        var parts = tm()
        guard localtime_r(&time, &parts) != nil else { return 0 }
        return Int64(parts.tm_gmtoff)
    }
}
