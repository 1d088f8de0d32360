// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore

/// A deadline that is moved often and passes seldom: one scheduled task of the event loop, left where it is while the
/// deadline only moves into the future, and checked again when it fires.
///
/// Setting a deadline on each request then costs a comparison, not a change of the loop's timers.
struct LazyTimer {
    private(set) var deadline = Instant.distantFuture
    /// When the task that counts will fire; later ones that were left behind fire for nothing.
    private var scheduledAt = Instant.distantFuture

    /// Moves the deadline.
    ///
    /// - Returns: whether a task must be scheduled with ``schedule(on:_:)``, because the deadline is earlier than the one
    ///   that is under way.
    mutating func set(_ deadline: Instant) -> Bool {
        self.deadline = deadline
        return deadline < scheduledAt
    }

    /// Schedules a task for the deadline, which calls ``fired(at:)``.
    ///
    /// The one that is under way is not cancelled: an event loop looks for it among all its tasks, which stalls the loop
    /// when thousands of connections close at once. `fire` must therefore not keep its connection alive.
    mutating func schedule(on eventLoop: any EventLoop, _ fire: @escaping @Sendable () -> Void) {
        scheduledAt = deadline
        _ = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(max(0, deadline.nanoseconds))), fire)
    }

    /// No deadline for now.
    mutating func clear() {
        deadline = .distantFuture
    }

    enum Firing {
        /// The deadline has passed.
        case due
        /// The deadline was moved: schedule again.
        case moved
        /// There is nothing to do.
        case none
    }

    /// What the task that fired has to do.
    mutating func fired(at now: Instant) -> Firing {
        guard now >= scheduledAt else { return .none }
        scheduledAt = .distantFuture
        guard deadline != .distantFuture else { return .none }
        guard now >= deadline else { return .moved }
        deadline = .distantFuture
        return .due
    }
}

/// A way to something that doesn't keep it alive; used on its event loop only.
struct WeakReference<Object: AnyObject>: @unchecked Sendable {
    weak var object: Object?
}
