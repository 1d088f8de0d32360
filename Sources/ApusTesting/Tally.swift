// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A number that any task may count up.
public final class Tally: Sendable {
    private let number = Atomic<Int>(0)

    public init() {}

    /// The number so far.
    public var value: Int { number.load(ordering: .acquiring) }

    /// Adds one, and gives the new number.
    @discardableResult
    public func increment() -> Int {
        number.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue
    }
}
