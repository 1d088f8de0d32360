// SPDX-License-Identifier: Apache-2.0

/// The upper bounds of a histogram's buckets, and the step in which its values are counted.
///
/// Values are held in fixed point, so that a histogram's sum is an integer: the same whatever the order of additions,
/// and one atomic addition.
public struct Buckets: Sendable, Hashable {
    /// The upper bounds, ascending; a value equal to a bound belongs to that bucket. What is above the last goes to
    /// `+Inf`.
    public let bounds: [Double]
    /// Steps in one unit.
    let scale: Double
    /// The bounds in steps.
    let steps: [Int64]

    /// Durations in seconds, counted in nanoseconds; bounds from 0.5 ms to 10 s by default.
    public static func seconds(
        _ bounds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    ) -> Buckets {
        Buckets(bounds, scale: 1e9)
    }

    /// Sizes in whole bytes; bounds from 256 bytes to 64 MiB, each four times the one before, by default.
    public static func bytes(_ bounds: [Double] = (0...9).map { Double(256 << (2 * $0)) }) -> Buckets {
        Buckets(bounds, scale: 1)
    }

    /// Other quantities, counted in thousandths; bounds 1, 2.5, 5, 10 … 100,000 by default.
    public static func plain(
        _ bounds: [Double] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000]
    ) -> Buckets {
        Buckets(bounds, scale: 1e3)
    }

    /// Sorts the bounds and leaves out repetitions, and what is not finite (`+Inf` is always there).
    private init(_ bounds: [Double], scale: Double) {
        let bounds = Set(bounds.filter(\.isFinite)).sorted()
        self.bounds = bounds
        self.scale = scale
        steps = bounds.map { Self.steps($0, scale: scale) }
    }

    /// `value` in steps, rounded to the nearest and saturated.
    static func steps(_ value: Double, scale: Double) -> Int64 {
        let scaled = value * scale
        if scaled >= 0x1p62 { return 1 << 62 }
        if scaled <= -0x1p62 { return -(1 << 62) }
        return Int64(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }
}
