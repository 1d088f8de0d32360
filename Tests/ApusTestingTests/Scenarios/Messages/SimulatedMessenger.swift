// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import Foundation

/// A service: what it handles, who wants what it publishes, and where its queue is.
struct SimulatedMessenger: Sendable {
    /// Attempts after which a message is dead.
    static let attempts = 30

    let name: String
    let types: Set<String>
    let subscriptions: [Subscription]
    let site: StoreSite

    /// What it publishes when it has handled a message, in the same transaction.
    func answer(to message: Message) -> Message? {
        guard name == "stock", message.type == "placed" else { return nil }
        return Message(
            id: "answer-\(message.id)", type: "reserved", source: "/services/stock", created: message.created,
            data: message.data, orderingKey: message.orderingKey)
    }
}
