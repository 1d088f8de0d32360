// SPDX-License-Identifier: Apache-2.0
public import ApusMessaging
internal import ApusRedis

extension RedisQueue {
    /// Stores entries for good, as far as the server does: all or none. Isn't cancelled with the task; ends within twice
    /// the client's command timeout. The server does nothing else meanwhile: a thousand entries take it some milliseconds.
    ///
    /// - Throws: as ``QueueStore/append(_:)``. With `unavailable` they may be stored, if the connection was lost or Redis
    ///   was too slow: publish the same ids again.
    public func append(_ entries: [QueueEntry]) async throws(MessagingError) -> [PublishResult] {
        guard !entries.isEmpty else { return [] }
        let answer = try await lane.append(AppendLane.Call(entries, now: clock.microseconds)) {
            calls async throws(MessagingError) in try await self.send(calls)
        }
        if answer.hasPrefix("f") {
            throw MessagingError(
                .overloaded, "channel \(answer.dropFirst()) of the queue holds its \(configuration.capacity) messages",
                retryAfter: .seconds(1))
        }
        guard answer.utf8.count == entries.count else { throw .unexpected("append") }
        wakers.wake(Set(entries.map(\.channel)))
        return answer.utf8.map { $0 == UInt8(ascii: "d") ? .duplicate : .stored }
    }

    private func send(_ calls: [AppendLane.Call]) async throws(MessagingError) -> [String] {
        let parts = AppendParts(calls)
        let words: [RedisArgument] = [.integer(Int64(configuration.capacity)), .integer(Int64(parts.count))]
        let answers = try await run(QueueScript.append, "append", words + parts.words).compactMap(\.string)
        guard let answers = parts.split(answers) else { throw .unexpected("append") }
        return answers
    }
}
