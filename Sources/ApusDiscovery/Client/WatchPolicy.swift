// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// What a watcher asks next, and when.
///
/// It asks for anything newer than the index it knows and is answered when there is. An index that goes backwards is that
/// of another life of the registry, so the watcher begins again from nothing. An answer that came at once and told
/// nothing new would make the loop spin; it waits a second then. Changes in quick succession are seen together, because
/// two questions are at least 20 ms apart.
struct WatchPolicy: Sendable {
    /// How long the registry may keep a question open.
    let wait: Duration
    /// The index to ask with; 0 for everything.
    private(set) var index: UInt64 = 0
    private var delay: RetryDelay

    init(wait: Duration, random: FastRandom) {
        self.wait = wait
        delay = RetryDelay(base: .milliseconds(100), cap: .seconds(5), random: random)
    }

    /// - Parameters:
    ///   - newIndex: The index of the answer.
    ///   - elapsed: How long the question was open.
    /// - Returns: How long to wait before the next question.
    mutating func answered(index newIndex: UInt64, after elapsed: Duration) -> Duration {
        delay.reset()
        let isOld = newIndex == index && elapsed < wait / 2
        index = newIndex < index ? 0 : newIndex
        return isOld ? .seconds(1) : .milliseconds(20)
    }

    mutating func failed(_ error: DiscoveryError) -> Duration {
        delay.next(atLeast: error.retryAfter)
    }
}
