// SPDX-License-Identifier: Apache-2.0

/// A small, fast, seedable generator (SplitMix64) for jitter, request ids and balancing.
///
/// The same seed gives the same sequence on every machine, which is what replays a simulation. It is **not** for secrets:
/// who sees a few outputs can predict the rest.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
public struct FastRandom: RandomNumberGenerator, Sendable {
    @usableFromInline var state: UInt64

    /// A generator whose sequence is that of `seed`; any number will do, zero included.
    @inlinable
    public init(seed: UInt64) {
        state = seed
    }

    /// A generator seeded by the operating system.
    public init() {
        var system = SystemRandomNumberGenerator()
        state = system.next()
    }

    @inlinable
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
