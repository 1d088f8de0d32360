// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusSQL
internal import Synchronization

/// A queue's store in the service's own database, on SQLite or PostgreSQL: as safe as that, and part of its transactions.
///
/// - A message is a row of `apus_queue`. What may be claimed stands in an index of its own, so that a claim costs the same
///   however many wait, are delayed or are dead.
/// - Concurrent workers skip each other's rows (`FOR UPDATE SKIP LOCKED` on PostgreSQL; SQLite has one writer).
/// - Messages of other processes are found at the worker's poll interval, or at once where the database tells of them
///   (`LISTEN` and `NOTIFY` of PostgreSQL).
/// - A row of an ordering key is blocked while an earlier one of the key isn't finished. On PostgreSQL publishers of one
///   key take turns until their transactions end, by an advisory lock, since order would mean nothing otherwise.
public final class SQLQueueStore: TransactionalQueueStore {
    public let configuration: QueueConfiguration
    public let clock: QueueClock
    public let features = QueueFeatures.all
    let database: any Database
    let wakers = WakerTable()
    private let notifications: ChannelNotifications?
    let lane = AppendLane()
    let state = Mutex(State())

    struct State: Sendable {
        var depth = DepthEstimate()
        var timed: [Channel: TimedRows] = [:]
    }

    /// When rows of a channel have to be looked at that wait for their time.
    struct TimedRows: Sendable {
        var next: Instant
    }

    /// A store in `database`, whose tables ``migrations`` has made.
    ///
    /// - Parameter notifying: the same database, where it tells of what other processes did. Default: `database`, if it
    ///   can.
    /// - Throws: what is out of range.
    public init(
        database: any Database, configuration: QueueConfiguration, notifying: (any NotifyingDatabase)? = nil,
        clock: QueueClock = .system()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.database = database
        self.configuration = configuration
        self.clock = clock
        notifications = (notifying ?? database as? any NotifyingDatabase).map { [wakers] in
            ChannelNotifications($0, wakers: wakers)
        }
    }

    public func wake(on channel: Channel, _ wake: @escaping @Sendable () -> Void) -> UInt64 {
        notifications?.addListener()
        return wakers.add(channel, wake)
    }

    public func stopWaking(_ id: UInt64) {
        wakers.remove(id)
        notifications?.removeListener()
    }

    /// Wakes who works on `channels`, here and in other processes.
    func tell(_ channels: Set<Channel>) {
        wakers.wake(channels)
        notifications?.send(channels)
    }

    /// Corrects the count by what was, or wasn't, stored.
    func account(_ number: Int, to channel: Channel) {
        state.withLock { $0.depth.add(number, to: channel) }
    }
}
