// SPDX-License-Identifier: Apache-2.0
/// Where a message goes: a row in the channel of each service that wants it, and in the local one if a handler is here.
///
/// A type that nobody wants goes to the local channel, whose worker keeps it as dead and reports it: nothing is dropped.
struct Routing: Sendable {
    var subscriptions: [Subscription]
    var localTypes: Set<String> = []

    func channels(for type: String) -> [Channel] {
        var channels = subscriptions.filter { $0.types.contains(type) }.map { Channel.service($0.service) }
        if localTypes.contains(type) || channels.isEmpty { channels.append(.local) }
        return channels
    }
}
