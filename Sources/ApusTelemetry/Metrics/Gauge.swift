// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// A number that goes up and down: connections open, requests in flight, queue depth.
///
/// Made by a ``MetricsRegistry`` and held by its owner. Setting is one relaxed atomic store, adding a
/// compare-and-exchange that is repeated when another thread was faster. Whole numbers are exact up to 2⁵³.
public final class Gauge: Sendable {
    @usableFromInline let bits = Atomic<UInt64>(0)

    init() {}

    /// Makes `value` the current one.
    @inlinable
    public func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds `amount`, which may be negative.
    @inlinable
    public func add(_ amount: Double) {
        var current = bits.load(ordering: .relaxed)
        while true {
            let sum = Double(bitPattern: current) + amount
            let (exchanged, original) = bits.weakCompareExchange(
                expected: current, desired: sum.bitPattern, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }

    /// Adds one.
    @inlinable
    public func increment() {
        add(1)
    }

    /// Takes one away.
    @inlinable
    public func decrement() {
        add(-1)
    }

    /// The current value.
    @inlinable
    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}
