// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// The whole duration in nanoseconds, without its fraction, saturating at the bounds of `Int64` (about 292 years).
    @inlinable
    public var nanoseconds: Int64 {
        // A duration counts attoseconds in 128 bits, whose division is slow; up to 18 s they fit into 64.
        let magnitude = attoseconds.magnitude
        let whole =
            magnitude <= UInt128(UInt64.max)
            ? UInt128(UInt64(truncatingIfNeeded: magnitude) / 1_000_000_000) : magnitude / 1_000_000_000
        guard let amount = Int64(exactly: whole) else { return attoseconds < 0 ? .min : .max }
        return attoseconds < 0 ? -amount : amount
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
