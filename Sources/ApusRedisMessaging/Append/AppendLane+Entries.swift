// SPDX-License-Identifier: Apache-2.0
internal import ApusMessaging
internal import ApusRedis

extension AppendLane.Call {
    /// The entries as `QueueScript.append` takes them: how many each channel gets, then the entries, those that are
    /// nothing but their document together.
    init(_ entries: [QueueEntry], now: Int64) {
        var wanted: [Channel: Int] = [:]
        for entry in entries { wanted[entry.channel, default: 0] += 1 }
        var words: [RedisArgument] = [.integer(Int64(wanted.count))]
        for (channel, number) in wanted { words += [.string(channel.name), .integer(Int64(number))] }
        let number = words.count
        words.append(0)
        var runs = 0
        var index = 0
        while index < entries.count {
            let entry = entries[index]
            let priority = RedisArgument.integer(Int64(entry.message.priority.rawValue))
            runs += 1
            guard entry.isPlain else {
                words += [
                    "f", .string(entry.channel.name), priority, .bytes(entry.document),
                    .string(entry.isRemembered ? entry.message.identity : ""),
                    .integer(entry.delay > .zero ? now + entry.delay.microseconds : 0),
                    .string(entry.message.orderingKey ?? ""), .string(entry.uniqueKey ?? ""),
                ]
                index += 1
                continue
            }
            let run = entries[index...].prefix {
                $0.isPlain && $0.channel == entry.channel && $0.message.priority == entry.message.priority
            }
            words += ["p", .string(entry.channel.name), priority, .integer(Int64(run.count))]
            words += run.map { .bytes($0.document) }
            index = run.endIndex
        }
        words[number] = .integer(Int64(runs))
        self.init(
            words: words, entries: entries.count, bytes: entries.reduce(0) { $0 + $1.document.count + 128 })
    }
}

extension QueueEntry {
    /// Whether it is to be stored whatever else there is, and may be claimed at once.
    fileprivate var isPlain: Bool {
        !isRemembered && uniqueKey == nil && delay <= .zero && message.orderingKey == nil
    }
}

extension Message {
    /// What deduplication knows it by.
    var identity: String { "\(source)\0\(id)" }
}
