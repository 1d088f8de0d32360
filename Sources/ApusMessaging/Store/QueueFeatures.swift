// SPDX-License-Identifier: Apache-2.0
/// What a store offers beyond what each does: keep messages until they are settled, lease them to one worker at a time,
/// retry, delay a retry, keep dead ones. The conformance suite checks those that are declared.
public struct QueueFeatures: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// What was published survives the end of the process.
    public static let durable = QueueFeatures(rawValue: 1 << 0)
    /// Publishing may be part of a transaction of the service's database.
    public static let transactions = QueueFeatures(rawValue: 1 << 1)
    /// A message with a delay is held back until it is due.
    public static let delays = QueueFeatures(rawValue: 1 << 2)
    /// Higher priorities go first.
    public static let priorities = QueueFeatures(rawValue: 1 << 3)
    /// Messages of one ordering key are handled one after the other, in order, also while one of them is retried.
    public static let orderingKeys = QueueFeatures(rawValue: 1 << 4)
    /// A unique key keeps a second job out while the first isn't finished.
    public static let uniqueKeys = QueueFeatures(rawValue: 1 << 5)
    /// The same source and id within the window is stored once.
    public static let deduplication = QueueFeatures(rawValue: 1 << 6)
    /// Whoever lost the lease can neither settle nor extend.
    public static let fencing = QueueFeatures(rawValue: 1 << 7)
    /// Several messages are appended all or none.
    public static let atomicBatches = QueueFeatures(rawValue: 1 << 8)
    /// Leases and delays follow the store's ``QueueClock``, not a clock of the broker's.
    public static let ownClock = QueueFeatures(rawValue: 1 << 9)

    /// Everything.
    public static let all: QueueFeatures = [
        .durable, .transactions, .delays, .priorities, .orderingKeys, .uniqueKeys, .deduplication, .fencing,
        .atomicBatches, .ownClock,
    ]
}
