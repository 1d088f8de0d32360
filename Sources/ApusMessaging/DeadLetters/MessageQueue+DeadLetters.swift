// SPDX-License-Identifier: Apache-2.0
extension MessageQueue {
    /// What each channel holds at this moment.
    ///
    /// - Throws: `storage`, `unavailable`.
    public func statistics() async throws(MessagingError) -> [Channel: QueueStatistics] {
        try await store.statistics()
    }

    /// Dead messages of every channel, by channel, oldest first.
    ///
    /// - Parameter limit: at most so many. Default: 100.
    /// - Throws: `storage`, `unavailable`.
    public func deadMessages(limit: Int = 100) async throws(MessagingError) -> [DeadMessage] {
        var messages: [DeadMessage] = []
        for channel in try await channelsWithDead() where messages.count < limit {
            messages += try await store.deadMessages(in: channel, after: .zero, limit: limit - messages.count)
        }
        return messages
    }

    /// Dead messages of a channel, oldest first.
    ///
    /// - Parameters:
    ///   - position: only those after it, to read page by page.
    ///   - limit: at most so many. Default: 100.
    /// - Throws: `storage`, `unavailable`.
    public func deadMessages(
        in channel: Channel, after position: QueuePosition = .zero, limit: Int = 100
    ) async throws(MessagingError) -> [DeadMessage] {
        try await store.deadMessages(in: channel, after: position, limit: limit)
    }

    /// Lets dead messages be tried again, from their first attempt.
    ///
    /// - Returns: how many were dead and now wait; those that weren't are left alone.
    /// - Throws: `storage`, `unavailable`.
    @discardableResult
    public func redrive(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        try await store.redrive(positions, in: channel)
    }

    /// Lets all dead messages that fit be tried again: those that are dead when it begins.
    ///
    /// - Parameters:
    ///   - channel: only those of one channel. Default: of all.
    ///   - type: only those of one type. Default: of all.
    ///   - reason: only those with one reason. Default: whatever the reason.
    /// - Returns: how many now wait.
    /// - Throws: `storage`, `unavailable`; some may wait then.
    @discardableResult
    public func redriveAll(
        in channel: Channel? = nil, type: String? = nil, reason: DeadReason? = nil
    ) async throws(MessagingError) -> Int {
        let began = clock.date
        return try await forEachPage(in: channel) { message in
            (type == nil || message.message.type == type) && (reason == nil || message.reason == reason)
                && message.died <= began
        } _: { positions, channel async throws(MessagingError) in
            try await store.redrive(positions, in: channel)
        }
    }

    /// Deletes dead messages for good.
    ///
    /// - Returns: how many were dead and now are gone.
    /// - Throws: `storage`, `unavailable`.
    @discardableResult
    public func drop(_ positions: [QueuePosition], in channel: Channel) async throws(MessagingError) -> Int {
        try await store.drop(positions, in: channel)
    }

    /// Deletes all dead messages that fit, for good.
    ///
    /// - Returns, Throws: as ``redriveAll(in:type:reason:)``.
    @discardableResult
    public func dropAll(
        in channel: Channel? = nil, type: String? = nil, reason: DeadReason? = nil
    ) async throws(MessagingError) -> Int {
        try await forEachPage(in: channel) { message in
            (type == nil || message.message.type == type) && (reason == nil || message.reason == reason)
        } _: { positions, channel async throws(MessagingError) in
            try await store.drop(positions, in: channel)
        }
    }

    private func channelsWithDead() async throws(MessagingError) -> [Channel] {
        try await store.statistics().filter { $0.value.dead > 0 }.keys.sorted { $0.name < $1.name }
    }

    /// Works on the dead messages that fit, a page at a time.
    private func forEachPage(
        in channel: Channel?, where fits: (DeadMessage) -> Bool,
        _ work: ([QueuePosition], Channel) async throws(MessagingError) -> Int
    ) async throws(MessagingError) -> Int {
        var number = 0
        let channels: [Channel]
        if let channel { channels = [channel] } else { channels = try await channelsWithDead() }
        for channel in channels {
            var position = QueuePosition.zero
            while true {
                let page = try await store.deadMessages(in: channel, after: position, limit: 200)
                guard let last = page.last else { break }
                position = last.position
                let fitting = page.filter(fits).map(\.position)
                if !fitting.isEmpty { number += try await work(fitting, channel) }
            }
        }
        return number
    }
}
