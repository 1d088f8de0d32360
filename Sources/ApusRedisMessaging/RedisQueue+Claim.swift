// SPDX-License-Identifier: Apache-2.0
public import ApusMessaging
internal import ApusRedis

extension RedisQueue {
    /// About how many bytes of messages one script gives out.
    private static let mostBytes = 8 << 20

    /// How many messages are read at once, so that those and what was read before stay far below the client's limit.
    var pageSize: Int { min(64, max(1, Self.mostBytes / configuration.maximumBytes)) }

    /// Takes messages; fewer than `limit` also where their bytes would be too many for one reply. Of one priority those
    /// that failed before and are due go first; one with a delay has its place from when it is due.
    public func claim(
        _ limit: Int, from channel: Channel, lease: Duration
    ) async throws(MessagingError) -> [Delivery] {
        let answer = try await run(
            QueueScript.claim, "claim",
            [
                .string(channel.name), .integer(Int64(limit)), .integer(clock.microseconds + lease.microseconds),
                .integer(Int64(pageSize)), .integer(Int64(Self.mostBytes)),
            ])
        guard answer.count % 5 == 0 else { throw .unexpected("claim") }
        var deliveries: [Delivery] = []
        deliveries.reserveCapacity(answer.count / 5)
        for index in stride(from: answer.startIndex, to: answer.endIndex, by: 5) {
            guard let position = EntryPosition(priority: answer[index], id: answer[index + 1]),
                let token = answer[index + 2].integer, let attempt = answer[index + 3].integer,
                let document = answer[index + 4].bytes
            else { throw .unexpected("claim") }
            deliveries.append(
                Delivery(
                    message: message(of: document), channel: channel, attempt: Int(attempt), token: token,
                    position: position.queuePosition))
        }
        return deliveries
    }

    public func extend(
        _ deliveries: [Delivery], by lease: Duration
    ) async throws(MessagingError) -> [Bool] {
        guard let channel = deliveries.first?.channel else { return [] }
        var words: [RedisArgument] = [
            .string(channel.name), .integer(clock.microseconds + lease.microseconds), .integer(Int64(deliveries.count)),
        ]
        for delivery in deliveries { words += EntryPosition(delivery.position).words + [.integer(delivery.token)] }
        return try held(try await run(QueueScript.extend, "extend", words), deliveries.count)
    }

    public func nextDue(in channel: Channel) async throws(MessagingError) -> Duration? {
        guard let due = try await run(QueueScript.nextDue, "nextDue", [.string(channel.name)]).first?.integer else {
            throw .unexpected("nextDue")
        }
        return due < 0 ? nil : .microseconds(due)
    }

    /// The message in a document. One that can't be read is handed on as an unreadable one, whose worker keeps it as dead.
    func message(of document: [UInt8]) -> Message {
        do {
            return try Message(storedCloudEvent: document, received: clock.date)
        } catch {
            return .unreadable(document, error, source: configuration.source, at: clock.date)
        }
    }

    /// What a script says that was held.
    func held(_ answer: ArraySlice<RedisValue>, _ count: Int) throws(MessagingError) -> [Bool] {
        guard let text = answer.first?.string, text.utf8.count == count else { throw .unexpected("settle") }
        return text.utf8.map { $0 == UInt8(ascii: "1") }
    }
}
