// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// What the lanes of a load and its disturbance know of each other.
final class LoadProgress: Sendable {
    /// Whether the lanes are to end.
    let isOver = Atomic<Bool>(false)
    /// How many were placed or read so far.
    let placed = Atomic<Int>(0)
}
