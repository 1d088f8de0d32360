// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import Foundation

extension MemoryQueueState {
    /// Looks at each row.
    func statistics(now: Int64) -> QueueStatistics {
        var statistics = QueueStatistics()
        var oldest: Int64?
        for row in rows.values {
            switch row.phase {
            case .ready, .scheduled, .blocked: statistics.waiting += 1
            case .inHand: statistics.inHand += 1
            case .dead:
                statistics.dead += 1
                continue
            }
            oldest = min(oldest ?? .max, row.publishedAt)
        }
        statistics.oldestAge = oldest.map { .microseconds(max(0, now - $0)) }
        return statistics
    }
}

extension MemoryQueueState.Row {
    /// The row as a dead message, if it is one.
    func deadMessage(_ position: QueuePosition, _ channel: Channel) -> DeadMessage? {
        guard phase == .dead, let reason else { return nil }
        return DeadMessage(
            position: position, channel: channel, message: message, reason: reason, attempts: attempts,
            firstError: firstError, lastError: lastError, died: Date(microsecondsSince1970: diedAt))
    }
}
