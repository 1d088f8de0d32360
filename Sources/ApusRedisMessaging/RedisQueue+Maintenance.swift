// SPDX-License-Identifier: Apache-2.0
public import ApusMessaging
internal import ApusRedis
internal import Synchronization

extension RedisQueue {
    /// Forgets what needs no more remembering, lets go what entries hold that someone deleted, and takes back what someone
    /// read by other means than this: a bounded piece of each at a time.
    public func maintain(_ channel: Channel, lease: Duration) async throws(MessagingError) {
        try await forget(channel, lease)
        try await mend(channel)
        let idle = max(1, 2 * lease.microseconds / 1_000)
        let adopted = try await run(
            QueueScript.adopt, "adopt", [.string(channel.name), .integer(idle)]
        ).first?.integer
        if let adopted, adopted > 0 {
            count { $0.adopted += Int(adopted) }
            wakers.wake([channel])
        }
    }

    private func forget(_ channel: Channel, _ lease: Duration) async throws(MessagingError) {
        while !Task.isCancelled {
            let now = clock.microseconds
            let more = try await run(
                QueueScript.forget, "forget",
                [
                    .string(channel.name), .integer(now - configuration.deadRetention.microseconds),
                    .integer(Int64(configuration.deadCapacity)), .integer(Int64(pageSize)),
                    .integer(now + 2 * lease.microseconds), .integer(now + lease.microseconds),
                ]
            ).first?.integer
            if more != 1 { return }
        }
    }

    /// Looks at about a thousand of each kind of what refers to entries: from where the last time ended.
    private func mend(_ channel: Channel) async throws(MessagingError) {
        for kind in ["keys", "unique"] + (0...9).map({ "notes:\($0)" }) {
            let name = "\(channel.name):\(kind)"
            var cursor = cursors.withLock { $0.removeValue(forKey: name) } ?? "0"
            defer { if cursor != "0" { cursors.withLock { $0[name] = cursor } } }
            for _ in 0..<10 where !Task.isCancelled {
                let answer = try await run(
                    QueueScript.mend, "mend", [.string(channel.name), .string(kind), .string(cursor)])
                guard let next = answer.first?.string, let mended = answer.dropFirst().first?.integer else {
                    throw .unexpected("mend")
                }
                if mended > 0 {
                    count { $0.mended += Int(mended) }
                    wakers.wake([channel])
                }
                cursor = next
                if cursor == "0" { break }
            }
        }
    }

    /// What is amiss with the server's settings, a sentence each: what was published wouldn't survive, or might be evicted.
    /// Empty if nothing is, or if the user may not know.
    ///
    /// - Throws: `unavailable`, `storage`.
    public func serverProblems() async throws(MessagingError) -> [String] {
        var settings: [String: String] = [:]
        do throws(RedisError) {
            for name in ["appendonly", "appendfsync", "maxmemory-policy"] {
                let pair = try await redis.command("CONFIG", "GET", .string(name)).array ?? []
                if pair.count == 2 { settings[name] = pair[1].string }
            }
        } catch {
            guard error.code == .server else { throw MessagingError(error) }
            return []
        }
        var problems: [String] = []
        if settings["appendonly"] == "no" {
            problems.append("appendonly is no: messages don't survive the end of the server")
        } else if let sync = settings["appendfsync"], sync != "always" {
            problems.append("appendfsync is \(sync): the last messages may not survive a crash of the server")
        }
        if let policy = settings["maxmemory-policy"], policy != "noeviction" {
            problems.append("maxmemory-policy is \(policy): messages may be evicted")
        }
        return problems
    }
}
