// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How long calls took in the last while: a histogram of fixed size that forgets.
///
/// 256 buckets, eight to each power of two from 1 µs to 73 min; what lies outside counts into the first or the last. A
/// quantile is told as the upper edge of its bucket, so it is never too short and at most an eighth too long. There are
/// two histograms, one per half of the window; the older is thrown away as a whole, so what is told stands for between
/// half of the window and all of it. 2 KiB, no allocation.
public struct LatencyDigest: Sendable {
    private typealias Histogram = InlineArray<256, UInt32>

    private static let smallest = 10
    private static let buckets = 256

    private let halfWindow: Int64
    private var present = Histogram(repeating: 0)
    private var past = Histogram(repeating: 0)
    private var presentCount = 0
    private var pastCount = 0
    private var turn = Int64.min

    /// - Parameter window: how far back it looks. Less than 2 ns counts as 2 ns.
    public init(window: Duration) {
        halfWindow = max(1, window.nanoseconds / 2)
    }

    /// How many calls are in the window.
    public var count: Int { presentCount + pastCount }

    /// Counts a call that took `duration` and ended at `now`.
    public mutating func record(_ duration: Duration, now: Instant) {
        advance(to: now)
        let bucket = Self.bucket(of: duration.nanoseconds)
        guard present[bucket] < .max else { return }
        present[bucket] += 1
        presentCount += 1
    }

    /// The duration that at least the share `quantile` of the calls stayed within; nil if there are none.
    ///
    /// - Parameter quantile: 0 to 1.
    public mutating func quantile(_ quantile: Double, now: Instant) -> Duration? {
        advance(to: now)
        guard count > 0 else { return nil }
        let rank = max(1, min(count, Int((quantile * Double(count)).rounded(.up))))
        var seen = 0
        for bucket in 0..<Self.buckets {
            seen += Int(present[bucket]) + Int(past[bucket])
            if seen >= rank { return .nanoseconds(Self.upperEdge(of: bucket)) }
        }
        return nil
    }

    /// Begins a new half of the window, or two, if it is time.
    private mutating func advance(to now: Instant) {
        guard now.nanoseconds >= turn else { return }
        let isFresh = turn == .min
        let (late, overflow) = now.nanoseconds.subtractingReportingOverflow(turn)
        if !isFresh, !overflow, late < halfWindow {
            past = present
            pastCount = presentCount
        } else {
            past = Histogram(repeating: 0)
            pastCount = 0
        }
        present = Histogram(repeating: 0)
        presentCount = 0
        let (next, beyond) = now.nanoseconds.addingReportingOverflow(halfWindow)
        turn = beyond ? .max : next
    }

    private static func bucket(of nanoseconds: Int64) -> Int {
        guard nanoseconds >= 1 << smallest else { return 0 }
        let power = Int64.bitWidth - 1 - nanoseconds.leadingZeroBitCount
        let eighth = Int(nanoseconds >> (power - 3)) & 7
        return min((power - smallest) * 8 + eighth, buckets - 1)
    }

    private static func upperEdge(of bucket: Int) -> Int64 {
        Int64(8 + bucket % 8 + 1) << (bucket / 8 + smallest - 3)
    }
}
