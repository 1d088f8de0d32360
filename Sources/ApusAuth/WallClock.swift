// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The time of day, which tokens carry: the one place where Apus compares with the wall clock, because the issuer's
/// monotonic clock is out of reach. Skew is what ``TokenRules/leeway`` is for.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Double

    /// - Parameter read: gives the seconds since 1970, UTC.
    public init(_ read: @escaping @Sendable () -> Double) {
        self.read = read
    }

    /// The seconds since 1970, UTC.
    public var now: Double { read() }

    /// The machine's clock.
    public static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
