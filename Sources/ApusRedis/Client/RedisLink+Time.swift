// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore
import Synchronization

// Deadlines of commands, and the end of a connection that says nothing. All on the loop.
extension RedisLink {
    /// Asks to be called at the earliest deadline. An earlier one makes a second timer; the first then fires for nothing.
    func schedule(at instant: Instant, now: Instant) {
        guard instant != .distantFuture else { return }
        timerAt = instant
        let link = WeakLink(link: self)
        let delay = max(.nanoseconds(1), now.duration(to: instant))
        _ = eventLoop.scheduleTask(in: .nanoseconds(delay.nanoseconds)) { link.link?.timerFired(instant) }
    }

    private func timerFired(_ instant: Instant) {
        guard instant == timerAt else { return }
        timerAt = .distantFuture
        let now = time.now
        var earliest = expire(now: now)
        if hadProgress {
            hadProgress = false
            lastProgress = now
        }
        if let head = sent.first, head.isDone {
            let limit = isDedicated ? lastProgress : lastProgress.advanced(by: configuration.unresponsiveTimeout)
            if limit <= now {
                channel?.close(
                    RedisError(
                        .connectionLost, "Redis said nothing for \(configuration.unresponsiveTimeout)",
                        mayHaveRun: true))
            } else {
                earliest = min(earliest, limit)
            }
        }
        if earliest < timerAt { schedule(at: earliest, now: now) }
    }

    /// Fails what is due.
    ///
    /// - Returns: the earliest deadline that isn't.
    private func expire(now: Instant) -> Instant {
        var earliest = Instant.distantFuture
        for pending in sent where !pending.isDone {
            if pending.deadline <= now { timeOut(pending) } else { earliest = min(earliest, pending.deadline) }
        }
        for pending in waiting where !pending.isDone {
            if pending.deadline <= now { timeOut(pending) } else { earliest = min(earliest, pending.deadline) }
        }
        // Those that waited were never sent: nothing comes for them.
        while let first = waiting.first, first.isDone {
            waiting.removeFirst()
            free(first)
        }
        return earliest
    }

    private func timeOut(_ pending: PendingCommand) {
        status.counters.timeouts.wrappingAdd(1, ordering: .relaxed)
        pending.finish(.failure(.timeout(wasSent: pending.wasSent)))
    }
}

/// A way to a link that doesn't keep it alive; used on its event loop only.
private struct WeakLink: @unchecked Sendable {
    weak var link: RedisLink?
}
