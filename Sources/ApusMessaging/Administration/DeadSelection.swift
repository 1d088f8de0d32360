// SPDX-License-Identifier: Apache-2.0

/// Which dead messages `POST /queue/dead/retry` and `/queue/dead/drop` mean: some of a channel by their positions, or all
/// that fit.
public struct DeadSelection: Codable, Sendable, Hashable {
    /// `own` or `broker`. Default: whichever holds the channel; both without one.
    public var queue: String?
    /// Default: every channel of the service, in the broker those that are its own; needed with positions.
    public var channel: String?
    /// At most 1,000. Without them `all` must be true.
    public var positions: [String]?
    /// All that have this type and this reason, where they are given.
    public var all: Bool?
    public var type: String?
    public var reason: String?

    public init(
        queue: String? = nil, channel: String? = nil, positions: [String]? = nil, all: Bool? = nil,
        type: String? = nil, reason: String? = nil
    ) {
        self.queue = queue
        self.channel = channel
        self.positions = positions
        self.all = all
        self.type = type
        self.reason = reason
    }

    /// What is to be done with them.
    public enum Deed: String, Sendable, CaseIterable {
        case retry
        case drop
    }

    /// Says what is wrong with it, before anything is done.
    ///
    /// - Throws: `invalid` for a selection that means nothing.
    public func validate() throws(MessagingError) {
        guard let positions else {
            guard all == true else {
                throw MessagingError(.invalid, "expected \"positions\" with a \"channel\", or \"all\": true")
            }
            return
        }
        guard channel != nil, all != true, type == nil, reason == nil else {
            throw MessagingError(.invalid, "\"positions\" need a \"channel\", and go with nothing else")
        }
        guard (1...1_000).contains(positions.count) else {
            throw MessagingError(.invalid, "expected 1 to 1000 positions, got \(positions.count)")
        }
    }

    /// Does it in one channel of a queue, whichever the selection names.
    ///
    /// - Returns: with how many messages.
    /// - Throws: `invalid`, `storage`, `unavailable`.
    public func perform(
        _ deed: Deed, in channel: Channel, of messages: MessageQueue
    ) async throws(MessagingError) -> Int {
        try validate()
        guard let texts = positions else {
            let reason = reason.map(DeadReason.init(_:))
            switch deed {
            case .retry: return try await messages.redriveAll(in: channel, type: type, reason: reason)
            case .drop: return try await messages.dropAll(in: channel, type: type, reason: reason)
            }
        }
        var parsed: [QueuePosition] = []
        for text in texts {
            guard let position = QueuePosition(text) else {
                throw MessagingError(
                    .invalid, "\(text.prefix(40)) is no position; expected one such as 17 or 1526919030474-55")
            }
            parsed.append(position)
        }
        switch deed {
        case .retry: return try await messages.redrive(parsed, in: channel)
        case .drop: return try await messages.drop(parsed, in: channel)
        }
    }
}

/// With how many dead messages something was done.
public struct DeadCount: Codable, Sendable, Hashable {
    /// Zero if none fitted.
    public var count: Int

    public init(count: Int) {
        self.count = count
    }
}
