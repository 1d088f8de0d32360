// SPDX-License-Identifier: Apache-2.0
internal import ApusMessaging
internal import ApusRedis

/// A message among others of its kind, as `QueueScript.append` takes them.
struct AppendItem: Sendable {
    /// What those that go along in one run have in common.
    struct Kind: Sendable, Hashable {
        let channel: Channel
        let priority: MessagePriority
        let isNamed: Bool

        /// The head of a run of so many.
        func head(_ number: Int) -> [RedisArgument] {
            [
                isNamed ? "n" : "p", .string(channel.name), .integer(Int64(priority.rawValue)), .integer(Int64(number)),
            ]
        }
    }

    let kind: Kind
    let entry: QueueEntry

    /// Nil if there is more to be said of the entry: when it is due, or which keys it has.
    init?(_ entry: QueueEntry) {
        guard entry.uniqueKey == nil, entry.delay <= .zero, entry.message.orderingKey == nil else { return nil }
        kind = Kind(channel: entry.channel, priority: entry.message.priority, isNamed: entry.isRemembered)
        self.entry = entry
    }

    func write(to words: inout [RedisArgument]) {
        words.append(.bytes(entry.document))
        if kind.isNamed { words.append(.string(entry.message.identity)) }
    }
}

extension AppendLane.Call {
    /// The entries as `QueueScript.append` takes them.
    init(_ entries: [QueueEntry], now: Int64) {
        let bytes = entries.reduce(0) { $0 + $1.document.count + 128 }
        if entries.count == 1, let item = AppendItem(entries[0]) {
            self.init(part: .single(item), entries: 1, bytes: bytes)
        } else {
            self.init(part: .whole(Self.words(entries, now)), entries: entries.count, bytes: bytes)
        }
    }

    /// How many each channel gets, then the runs.
    private static func words(_ entries: [QueueEntry], _ now: Int64) -> [RedisArgument] {
        var wanted: [Channel: Int] = [:]
        for entry in entries { wanted[entry.channel, default: 0] += 1 }
        var words: [RedisArgument] = ["c", .integer(Int64(wanted.count))]
        for (channel, number) in wanted { words += [.string(channel.name), .integer(Int64(number))] }
        let place = words.count
        words.append(0)
        var runs: Int64 = 0
        var index = 0
        while index < entries.count {
            runs += 1
            guard let first = AppendItem(entries[index]) else {
                words += entries[index].words(now)
                index += 1
                continue
            }
            let head = words.count
            var number = 0
            while index < entries.count, let item = AppendItem(entries[index]), item.kind == first.kind {
                item.write(to: &words)
                number += 1
                index += 1
            }
            words.insert(contentsOf: first.kind.head(number), at: head)
        }
        words[place] = .integer(runs)
        return words
    }
}

extension QueueEntry {
    /// As a run of its own.
    fileprivate func words(_ now: Int64) -> [RedisArgument] {
        [
            "f", .string(channel.name), .integer(Int64(message.priority.rawValue)), .bytes(document),
            .string(isRemembered ? message.identity : ""), .integer(delay > .zero ? now + delay.microseconds : 0),
            .string(message.orderingKey ?? ""), .string(uniqueKey ?? ""),
        ]
    }
}

extension Message {
    /// What deduplication knows it by.
    var identity: String { "\(source)\0\(id)" }
}
