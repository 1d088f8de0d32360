// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// A number that only grows: requests answered, bytes sent, jobs lost.
///
/// Made by a ``MetricsRegistry`` and held by its owner. An increment is one relaxed atomic addition.
public final class Counter: Sendable {
    @usableFromInline let count = Atomic<UInt64>(0)

    init() {}

    /// Adds one.
    @inlinable
    public func increment() {
        count.wrappingAdd(1, ordering: .relaxed)
    }

    /// Adds `amount`; a negative one is ignored, for a counter never falls.
    @inlinable
    public func increment(by amount: Int64) {
        guard amount > 0 else { return }
        count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// The sum so far.
    @inlinable
    public var value: UInt64 { count.load(ordering: .relaxed) }

    /// Starts again at zero, which scrapers take for a restart.
    func reset() {
        count.store(0, ordering: .relaxed)
    }
}
