// SPDX-License-Identifier: Apache-2.0
public import Synchronization

/// What a circuit breaker can tell without its lock. It is read by every call and written when something changes, with
/// the lock held.
@usableFromInline
struct PublishedState: ~Copyable, Sendable {
    private static let unwatched: UInt64 = 1 << 32

    /// The generation of permits while the breaker is closed, ``unwatched`` if it is disabled, otherwise 0.
    @usableFromInline let admission = Atomic<UInt64>(0)
    @usableFromInline let successBound = Atomic<Int64>(.min)
    @usableFromInline let slowBound = Atomic<Int64>(.max)
    private let openBound = Atomic<Int64>(.min)

    /// What permits carry; 0 if the breaker isn't closed or records nothing.
    @inlinable var closedGeneration: UInt32 { UInt32(truncatingIfNeeded: admission.load(ordering: .acquiring)) }

    /// Whether calls go through without a trace.
    var isDisabled: Bool { admission.load(ordering: .acquiring) == Self.unwatched }

    /// Until when, in nanoseconds, a success can be counted without telling its time.
    @inlinable var successesUntil: Int64 { successBound.load(ordering: .relaxed) }

    /// Calls that took longer are slow, in nanoseconds; `Int64.max` if nobody measures.
    @inlinable var slowDuration: Int64 { slowBound.load(ordering: .relaxed) }

    /// Until when, in nanoseconds, every call is rejected, if that is known: for a breaker that opened by itself.
    var openUntil: Int64 { openBound.load(ordering: .acquiring) }

    init(_ state: inout CircuitBreakerState) {
        update(&state)
    }

    /// Writes only what has changed, so that other processors keep their copies. The state is large: `inout` keeps it
    /// from being copied.
    func update(_ state: inout CircuitBreakerState) {
        Self.write(state.window.successesNeedNoTimeUntil, to: successBound)
        Self.write(state.limits.slowDuration, to: slowBound)
        let isOpenForATime = state.phase == .open && state.mode != .forcedOpen
        Self.write(isOpenForATime ? state.openUntil : .min, to: openBound)
        let closed = state.phase == .closed ? UInt64(state.permitGeneration) : 0
        let next = state.mode == .disabled ? Self.unwatched : closed
        if admission.load(ordering: .relaxed) != next { admission.store(next, ordering: .releasing) }
    }

    private static func write(_ value: Int64, to atomic: borrowing Atomic<Int64>) {
        if atomic.load(ordering: .relaxed) != value { atomic.store(value, ordering: .releasing) }
    }
}
