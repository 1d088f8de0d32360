// SPDX-License-Identifier: Apache-2.0
/// Where a published message goes beside the handlers of this service.
///
/// A type that nobody wants goes to the service's own channel, whose worker keeps it as dead and reports it: nothing is
/// dropped.
public enum Routing: Sendable {
    /// To the channel of each service that wants its type; a ``Relay`` brings it there.
    case subscriptions([Subscription])
    /// To the broker, all of it, also what is handled here: a ``BrokerRelay`` brings it there, and the broker knows who
    /// wants it.
    case broker

    /// The channels of a message of `type`.
    ///
    /// - Parameter own: the channel of this service's handlers, if one of them wants the type.
    func channels(for type: String, own: Channel?) -> [Channel] {
        switch self {
        case .broker: return [.broker]
        case .subscriptions(let subscriptions):
            var channels = subscriptions.filter { $0.types.contains(type) }.map { Channel.service($0.service) }
            if let own { channels.append(own) }
            return channels.isEmpty ? [.local] : channels
        }
    }

    /// The services that are subscribed here.
    var services: [String] {
        guard case .subscriptions(let subscriptions) = self else { return [] }
        return Set(subscriptions.map(\.service)).sorted()
    }
}
