// SPDX-License-Identifier: Apache-2.0
public import ApusCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What calls to an instance cost, as a moving average that believes bad news at once: a latency above the average
/// becomes the average, one below draws it down by the time since the last.
///
/// What isn't confirmed is forgotten: the cost that is read decays towards zero with time, so that an instance which
/// was slow once is tried again. Reads no clock.
///
/// Source: the peak EWMA of Finagle and Linkerd.
public struct LatencyEstimate: Sendable, Hashable {
    /// The average in nanoseconds when it was last changed; 0 as long as nothing was observed.
    var nanoseconds = 0.0
    /// When it was last changed.
    var at: Int64 = 0

    /// Nothing is known yet.
    public init() {}

    /// Whether anything was observed.
    public var isKnown: Bool { nanoseconds > 0 }

    /// Takes over how long a call took.
    ///
    /// - Parameters:
    ///   - latency: how long; what took no time counts as a nanosecond.
    ///   - now: the time. One before the last counts as the last.
    ///   - decay: the time in which an observation loses all but 1/e of its weight.
    public mutating func observe(_ latency: Duration, now: Instant, decay: Duration) {
        let latency = Double(max(1, latency.nanoseconds))
        if latency >= nanoseconds {
            nanoseconds = latency
        } else {
            let kept = Self.remainder(from: at, to: now.nanoseconds, decay: decay.nanoseconds)
            nanoseconds = nanoseconds * kept + latency * (1 - kept)
        }
        at = max(at, now.nanoseconds)
    }

    /// The cost at `now`, in nanoseconds; 0 if nothing is known.
    public func cost(at now: Instant, decay: Duration) -> Double {
        cost(at: now.nanoseconds, decay: decay.nanoseconds)
    }

    func cost(at now: Int64, decay: Int64) -> Double {
        nanoseconds * Self.remainder(from: at, to: now, decay: decay)
    }

    /// How much of a weight is left after a time, from 0 to 1.
    static func remainder(from: Int64, to: Int64, decay: Int64) -> Double {
        let (elapsed, overflow) = to.subtractingReportingOverflow(from)
        guard !overflow else { return to > from ? 0 : 1 }
        return elapsed <= 0 ? 1 : exp(-Double(elapsed) / Double(decay))
    }
}
