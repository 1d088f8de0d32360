// SPDX-License-Identifier: Apache-2.0
internal import ApusMessaging
internal import ApusRedis

/// An entry of one of a channel's streams: its priority and its id.
///
/// As a ``QueuePosition`` the priority is the last decimal digit: `1526919030474-554` is `1526919030474-55` in the stream
/// of priority 4.
struct EntryPosition: Hashable {
    let priority: UInt64
    let id: QueuePosition

    /// As the claiming script tells it.
    init?(priority: RedisValue, id: RedisValue) {
        guard let priority = priority.string.flatMap(UInt64.init(_:)), priority <= 9,
            let id = id.string.flatMap(QueuePosition.init(_:))
        else { return nil }
        self.priority = priority
        self.id = id
    }

    init(_ position: QueuePosition) {
        priority = position.minor % 10
        id = QueuePosition(position.major, position.minor / 10)
    }

    var queuePosition: QueuePosition { QueuePosition(id.major, id.minor &* 10 + priority) }

    /// As scripts take it.
    var words: [RedisArgument] { [.integer(Int64(clamping: priority)), .string(id.streamID)] }
}

extension QueuePosition {
    /// As the id of an entry: always two numbers.
    var streamID: String { "\(major)-\(minor)" }
}
