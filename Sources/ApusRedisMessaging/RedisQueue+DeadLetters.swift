// SPDX-License-Identifier: Apache-2.0
public import ApusMessaging
internal import ApusRedis
internal import ApusSQL
internal import Foundation

extension RedisQueue {
    /// What each channel holds. The oldest age is that of the oldest entry of a stream, by the server's clock: a message
    /// with a delay counts from when it was due.
    public func statistics() async throws(MessagingError) -> [Channel: QueueStatistics] {
        let answer = try await run(QueueScript.statistics, "statistics", [])
        var channels: [Channel: QueueStatistics] = [:]
        for index in stride(from: answer.startIndex, to: answer.endIndex - 4, by: 5) {
            guard let name = answer[index].string else { throw .unexpected("statistics") }
            let numbers = answer[(index + 1)...(index + 4)].compactMap(\.integer)
            guard numbers.count == 4 else { throw .unexpected("statistics") }
            var statistics = QueueStatistics()
            statistics.waiting = Int(numbers[0])
            statistics.inHand = Int(numbers[1])
            statistics.dead = Int(numbers[2])
            if numbers[3] >= 0 { statistics.oldestAge = .milliseconds(numbers[3]) }
            if statistics.depth + statistics.dead > 0 { channels[Channel(name)] = statistics }
        }
        return channels
    }

    public func deadMessages(
        in channel: Channel, after position: QueuePosition, limit: Int
    ) async throws(MessagingError) -> [DeadMessage] {
        var messages: [DeadMessage] = []
        var last = position
        while messages.count < limit {
            let count = min(pageSize, limit - messages.count)
            let page = try await entries(of: "\(tag)dead:\(channel.name)", after: last, count)
            for entry in page {
                guard let position = QueuePosition(entry.id) else { throw .unexpected("XRANGE") }
                last = position
                messages.append(dead(entry, position, channel))
            }
            if page.count < count { break }
        }
        return messages
    }

    @discardableResult
    public func redrive(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        let number = try await change(QueueScript.redrive, "redrive", positions.sorted(), channel)
        wakers.wake([channel])
        return number
    }

    @discardableResult
    public func drop(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        try await change(QueueScript.drop, "drop", positions, channel)
    }

    private func change(
        _ script: RedisScript, _ name: String, _ positions: [QueuePosition], _ channel: Channel
    ) async throws(MessagingError) -> Int {
        var number = 0
        // A thousand at a time: the server does nothing else meanwhile.
        for start in stride(from: 0, to: positions.count, by: 1_000) {
            let page = positions[start..<min(start + 1_000, positions.count)]
            let answer = try await run(
                script, name,
                [.string(channel.name), .integer(Int64(page.count))] + page.map { .string($0.streamID) })
            guard let count = answer.first?.integer else { throw .unexpected(name) }
            number += Int(count)
        }
        return number
    }

    private func entries(
        of stream: String, after position: QueuePosition, _ count: Int
    ) async throws(MessagingError) -> [RedisStreamEntry] {
        do throws(RedisError) {
            return try await redis.entries(of: stream, after: position.streamID, count: count)
        } catch {
            throw MessagingError(error)
        }
    }

    private func dead(_ entry: RedisStreamEntry, _ position: QueuePosition, _ channel: Channel) -> DeadMessage {
        func text(_ name: String) -> String? { entry[name].map { String(decoding: $0, as: UTF8.self) } }
        return DeadMessage(
            position: position, channel: channel, message: message(of: entry["event"] ?? []),
            reason: DeadReason(text("reason") ?? "unknown"), attempts: text("attempts").flatMap(Int.init(_:)) ?? 0,
            firstError: text("first_error"), lastError: text("last_error"),
            died: Date(microsecondsSince1970: text("died").flatMap(Int64.init(_:)) ?? 0))
    }
}
