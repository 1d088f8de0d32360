// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The operations in flight on one event loop, for whoever finds the loop blocked.
///
/// Whoever runs an operation brackets it with ``enter(_:)`` and ``leave(_:)``: a few atomic instructions each, no
/// allocation. Of more than 64 at the same time the rest is not noted. Safe to use from any thread.
public final class LoopOperations: Sendable {
    /// What ``LoopOperations/enter(_:)`` gave, to be handed to ``LoopOperations/leave(_:)`` once.
    public struct Token: Sendable {
        fileprivate let slot: Int
    }

    private static let capacity = 64
    /// A bit for each slot in use.
    private let used = Atomic<UInt64>(0)
    private let order = Atomic<UInt32>(0)
    /// The order of entering in the upper half, the name's id in the lower; 0 for an empty slot.
    private let slots: InlineArray<64, Atomic<UInt64>>

    public init() {
        slots = InlineArray { _ in Atomic(0) }
    }

    /// Notes that `name` begins.
    public func enter(_ name: OperationName) -> Token {
        var bits = used.load(ordering: .relaxed)
        while bits != .max {
            let slot = (~bits).trailingZeroBitCount
            let (exchanged, original) = used.weakCompareExchange(
                expected: bits, desired: bits | 1 << UInt64(slot), ordering: .acquiring)
            if exchanged {
                let order = order.wrappingAdd(1, ordering: .relaxed).newValue
                slots[slot].store(UInt64(order) << 32 | UInt64(name.id), ordering: .releasing)
                return Token(slot: slot)
            }
            bits = original
        }
        return Token(slot: -1)
    }

    /// Notes that it ended.
    public func leave(_ token: Token) {
        guard token.slot >= 0 else { return }
        slots[token.slot].store(0, ordering: .relaxed)
        used.bitwiseAnd(~(1 << UInt64(token.slot)), ordering: .releasing)
    }

    /// The names of the operations in flight, newest first.
    public var inFlight: [String] {
        let newest = order.load(ordering: .relaxed)
        let entries = (0..<Self.capacity).map { slots[$0].load(ordering: .acquiring) }.filter { $0 != 0 }
        // How long ago, in operations: the counter may have wrapped.
        let byAge = entries.sorted { newest &- UInt32($0 >> 32) < newest &- UInt32($1 >> 32) }
        return byAge.map { OperationName(id: UInt32(truncatingIfNeeded: $0)).description }
    }
}
