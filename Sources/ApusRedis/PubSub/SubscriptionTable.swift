// SPDX-License-Identifier: Apache-2.0

/// Who wants which channels, and what the server has confirmed: `event -> what to send, whom to tell`.
struct SubscriptionTable: Sendable {
    typealias ID = UInt64

    enum Target: Sendable, Hashable {
        case channel(String)
        case pattern(String)

        var name: String {
            switch self {
            case .channel(let name), .pattern(let name): name
            }
        }
    }

    /// A subscriber whose condition has changed.
    enum Notice: Sendable, Hashable {
        /// All its channels are confirmed for the first time.
        case began(ID)
        /// All its channels are confirmed again.
        case resumed(ID)
    }

    private struct Subscriber {
        var targets: Set<Target>
        var unconfirmed: Set<Target>
        var hasBegun = false
    }

    private struct Channel {
        var subscribers: Set<ID> = []
        /// Subscriptions that were sent and not answered.
        var asked = 0
        var isConfirmed = false
    }

    private var subscribers: [ID: Subscriber] = [:]
    private var channels: [Target: Channel] = [:]

    var isEmpty: Bool { subscribers.isEmpty }

    /// Everything that is wanted.
    var targets: [Target] { Array(channels.keys) }

    /// Adds a subscriber.
    ///
    /// - Returns: what must be subscribed to, if there is a connection; whether all of its channels are confirmed already.
    mutating func add(_ id: ID, _ targets: [Target]) -> (missing: [Target], isComplete: Bool) {
        var missing: [Target] = []
        var unconfirmed: Set<Target> = []
        for target in Set(targets) {
            var channel = channels[target] ?? Channel()
            if channel.subscribers.isEmpty { missing.append(target) }
            channel.subscribers.insert(id)
            if !channel.isConfirmed { unconfirmed.insert(target) }
            channels[target] = channel
        }
        subscribers[id] = Subscriber(
            targets: Set(targets), unconfirmed: unconfirmed, hasBegun: unconfirmed.isEmpty)
        return (missing, unconfirmed.isEmpty)
    }

    /// Takes a subscriber away.
    ///
    /// - Returns: what nobody wants any more.
    mutating func remove(_ id: ID) -> [Target] {
        guard let subscriber = subscribers.removeValue(forKey: id) else { return [] }
        var unwanted: [Target] = []
        for target in subscriber.targets {
            channels[target]?.subscribers.remove(id)
            if channels[target]?.subscribers.isEmpty == true {
                channels[target] = nil
                unwanted.append(target)
            }
        }
        return unwanted
    }

    /// A subscription was sent.
    mutating func asked(for target: Target) {
        channels[target]?.asked += 1
    }

    /// The server has confirmed a subscription.
    mutating func confirmed(_ target: Target) -> [Notice] {
        guard var channel = channels[target] else { return [] }
        channel.asked = max(0, channel.asked - 1)
        // One that was given up and wanted again meanwhile is confirmed by the last answer only.
        channel.isConfirmed = channel.asked == 0
        channels[target] = channel
        guard channel.isConfirmed else { return [] }
        var notices: [Notice] = []
        for id in channel.subscribers {
            guard var subscriber = subscribers[id], subscriber.unconfirmed.remove(target) != nil else { continue }
            if subscriber.unconfirmed.isEmpty {
                notices.append(subscriber.hasBegun ? .resumed(id) : .began(id))
                subscriber.hasBegun = true
            }
            subscribers[id] = subscriber
        }
        return notices
    }

    /// The connection is gone.
    ///
    /// - Returns: subscribers to whom messages came until now.
    mutating func lost() -> [ID] {
        for target in channels.keys {
            channels[target]?.asked = 0
            channels[target]?.isConfirmed = false
        }
        var affected: [ID] = []
        for (id, subscriber) in subscribers {
            if subscriber.hasBegun, subscriber.unconfirmed.isEmpty { affected.append(id) }
            subscribers[id]?.unconfirmed = subscriber.targets
        }
        return affected
    }

    /// Who hears what comes on `target`.
    func listeners(of target: Target) -> Set<ID> {
        channels[target]?.subscribers ?? []
    }
}
