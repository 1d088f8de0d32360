// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore

/// A deadline that is moved often and passes seldom: one scheduled task of the event loop, left where it is while the
/// deadline only moves into the future, and checked again when it fires.
///
/// Setting a deadline on each request then costs a comparison, not a change of the loop's timers.
struct LazyTimer {
    private(set) var deadline = Instant.distantFuture
    private var scheduledAt = Instant.distantFuture
    private var scheduled: Scheduled<Void>?

    /// Moves the deadline.
    ///
    /// - Returns: whether the task must be scheduled anew with ``schedule(on:_:)``, because the deadline is earlier than
    ///   the one that is under way.
    mutating func set(_ deadline: Instant) -> Bool {
        self.deadline = deadline
        return deadline < scheduledAt
    }

    /// Schedules the task for the deadline. The task calls ``fired(at:)``.
    mutating func schedule(on eventLoop: any EventLoop, _ fire: @escaping @Sendable () -> Void) {
        scheduled?.cancel()
        scheduledAt = deadline
        scheduled = eventLoop.scheduleTask(
            deadline: .uptimeNanoseconds(UInt64(max(0, deadline.nanoseconds))), fire)
    }

    /// No deadline for now; the task may still fire once for nothing.
    mutating func clear() {
        deadline = .distantFuture
    }

    enum Firing {
        /// The deadline has passed.
        case due
        /// The deadline was moved: schedule again.
        case moved
        /// There is no deadline any more.
        case none
    }

    /// What the task that fired has to do.
    mutating func fired(at now: Instant) -> Firing {
        scheduled = nil
        scheduledAt = .distantFuture
        guard deadline != .distantFuture else { return .none }
        guard now >= deadline else { return .moved }
        deadline = .distantFuture
        return .due
    }

    /// Ends the timer for good.
    mutating func cancel() {
        scheduled?.cancel()
        scheduled = nil
        deadline = .distantFuture
        scheduledAt = .distantFuture
    }
}
