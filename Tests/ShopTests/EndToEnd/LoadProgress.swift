// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Synchronization

/// What the lanes of a load and its disturbance know of each other.
final class LoadProgress: Sendable {
    /// Whether the lanes are to end.
    let isOver = Atomic<Bool>(false)
    /// How many were placed or read so far.
    let placed = Atomic<Int>(0)

    /// Waits until so many more are placed.
    func goOn(_ count: Int) async throws {
        let goal = placed.load(ordering: .relaxed) + count
        try await eventually("\(count) more are placed", within: .seconds(15)) {
            placed.load(ordering: .relaxed) >= goal
        }
    }
}
