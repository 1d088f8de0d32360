// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import ApusSQL
public import Foundation

/// The time of a queue: monotonic for waiting, wall time for what is stored, since other processes and later starts
/// read that.
///
/// The system's clock reads the wall time once and then follows the monotonic clock, so that a step of the wall clock
/// changes nothing in a running process.
public struct QueueClock: Sendable {
    /// What waiting is measured on.
    public let time: TimeSource
    /// Runs the tasks that workers begin; nil, the default, for Swift's own choice. A simulation, whose clock stands still
    /// while anything runs, gives its own.
    public let executor: (any TaskExecutor)?
    private let origin: Instant
    private let wallOrigin: Date
    private let sleeping: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - wallOrigin: the wall time at this moment of `time`.
    ///   - executor: runs the tasks that workers begin. Default: Swift's own choice.
    ///   - sleep: suspends for a duration of `time`, or throws when its task is cancelled.
    public init(
        time: TimeSource, wallOrigin: Date, executor: (any TaskExecutor)? = nil,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.time = time
        self.executor = executor
        self.wallOrigin = wallOrigin
        origin = time.now
        sleeping = sleep
    }

    /// The machine's clocks.
    public static func system() -> QueueClock {
        QueueClock(time: .system, wallOrigin: Date()) { try await Task.sleep(for: $0) }
    }

    /// The current instant of ``time``.
    public var now: Instant { time.now }

    /// The wall time now, in microseconds since 1970: what stores keep.
    public var microseconds: Int64 {
        wallOrigin.microsecondsSince1970 + origin.duration(to: time.now).nanoseconds / 1000
    }

    /// The wall time now.
    public var date: Date { Date(microsecondsSince1970: microseconds) }

    func sleep(for duration: Duration) async throws {
        try await sleeping(duration)
    }
}

extension Duration {
    /// Whole microseconds, as stored.
    public var microseconds: Int64 { nanoseconds / 1000 }
}

extension Date {
    /// How long from this date to `other`, saturating.
    func duration(to other: Date) -> Duration {
        let (difference, overflow) = other.microsecondsSince1970.subtractingReportingOverflow(microsecondsSince1970)
        return overflow ? .zero : .microseconds(difference)
    }
}
