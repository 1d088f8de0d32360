// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import Foundation

/// Where one schedule stands: up to which time it is dealt with, and which time is being published.
///
/// A value without clock or I/O: ``Scheduler`` drives it. Its `now` is that of a ``QueueClock``; should it go back all the
/// same, nothing is due twice.
struct ScheduleState: Sendable {
    /// What is to be done now.
    enum Action: Sendable, Hashable {
        /// Nothing until then.
        case wait(until: Date)
        /// Publish for the time `due`, and tell how it went.
        case publish(due: Date, attempt: Int)
        /// Nothing ever again.
        case stop
    }

    /// A time for which nothing was, or will be, published by this scheduler.
    enum Loss: Sendable, Hashable {
        /// It couldn't be published until the next was due.
        case gaveUp(due: Date)
        /// It, and any after it until the one that is published next, was over before the scheduler looked.
        case missed(due: Date)
    }

    private let recurrence: Recurrence
    private let catchUp: CatchUp
    /// Every time up to this one is dealt with, but for ``pending``.
    private var seen: Date?
    private var pending: Date?
    private var failures = 0
    private var retryAt = Date.distantPast

    init(_ recurrence: Recurrence, _ catchUp: CatchUp) {
        self.recurrence = recurrence
        self.catchUp = catchUp
    }

    /// What is to be done at `now`, and what was lost on the way there.
    mutating func advance(to now: Date) -> (action: Action, losses: [Loss]) {
        var losses: [Loss] = []
        let isStart = seen == nil
        let tolerance = isStart ? catchUp.atStart : catchUp.whileRunning
        // A microsecond more, since what is due just then isn't over.
        let before = seen ?? now.addingTimeInterval(-tolerance.seconds - 0.000_001)
        seen = before
        if let due = recurrence.last(after: before, notAfter: now) {
            if let pending { losses.append(.gaveUp(due: pending)) }
            pending = nil
            seen = due
            let isLate = now.timeIntervalSince(due) > tolerance.seconds
            // Before a start nobody knows what others have published.
            if !isStart, let first = recurrence.next(after: before), isLate || first < due {
                losses.append(.missed(due: first))
            }
            if !isLate {
                pending = due
                failures = 0
                retryAt = .distantPast
            }
        }
        return (action(at: now), losses)
    }

    private func action(at now: Date) -> Action {
        let next = recurrence.next(after: seen ?? now)
        guard let pending else { return next.map { .wait(until: $0) } ?? .stop }
        if retryAt <= now { return .publish(due: pending, attempt: failures + 1) }
        return .wait(until: next.map { min($0, retryAt) } ?? retryAt)
    }

    /// The pending time is published.
    mutating func published() {
        pending = nil
    }

    /// Publishing failed at `now`; it is tried again after `delay`, unless the next time is due before.
    mutating func failed(at now: Date, retryAfter delay: Duration) {
        failures += 1
        retryAt = now.addingTimeInterval(delay.seconds)
    }
}
