// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// When those who look after the ends in a queue wake: a task sleeps until the earliest end, and another only for one that
/// is earlier still; none while nobody has an end. Kept under the queue's lock.
struct Alarm: Sendable {
    /// What will be rung for.
    private var armed: Set<Instant> = []

    /// Sees to it that `ring` is called at `end`. One that was set for later is left to ring for nothing.
    ///
    /// - Returns: what to call outside the lock; nil if it will ring in time anyway.
    mutating func set(
        for end: Instant, _ time: TimeSource, _ ring: @escaping @Sendable (Instant) -> Void
    ) -> (@Sendable () -> Void)? {
        guard end < armed.min() ?? .distantFuture else { return nil }
        armed.insert(end)
        return {
            // Detached: it is not for the task that happened to come.
            Task.detached {
                do { try await time.sleep(until: end) } catch { return }
                ring(end)
            }
        }
    }

    /// It has rung for what was set for `end`.
    mutating func hasRung(_ end: Instant) {
        armed.remove(end)
    }
}
