// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Told what happens to schedules, for metrics. Called outside locks, from any task; must be quick and not block.
public protocol ScheduleObserver: Sendable {
    func observe(_ event: ScheduleEvent)
}

/// Something that happened to a schedule.
public enum ScheduleEvent: Sendable {
    /// The message for the time `due` is published, by this instance or, as a duplicate, by another; `lateness` after it
    /// was due.
    case published(schedule: String, due: Date, result: PublishResult, lateness: Duration)
    /// It couldn't be published, `attempt` times so far, and is tried again after a while.
    case failed(schedule: String, due: Date, attempt: Int, retryAfter: Duration, error: String)
    /// The next time came before it could be published.
    case gaveUp(schedule: String, due: Date)
    /// The time `due`, and any after it until the one that is published next, was over before the scheduler looked.
    case missed(schedule: String, due: Date)
}
