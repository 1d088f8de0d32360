// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import ApusMessaging
public import ApusRuntime

extension ServiceHost {
    /// The messages of this service, counted in its metrics. `SQLQueueStore.migrations` must be among the program's.
    ///
    /// - Parameters:
    ///   - subscriptions: which services want which types, while there is no broker that knows.
    ///   - queue: the bounds of the queue in the service's database. Default: those of ``QueueConfiguration``.
    /// - Throws: ``ApusRuntime/StartError`` naming what is wrong.
    public func messaging(
        _ subscriptions: [Subscription] = [], queue: QueueConfiguration? = nil
    ) throws(StartError) -> ServiceMessaging {
        do {
            let configuration = queue ?? QueueConfiguration(source: "/services/\(settings.name)")
            let store = try SQLQueueStore(database: database, configuration: configuration, notifying: notifying)
            let broker = try settings.brokerURL.map { try Broker.open($0, configuration, self) }
            let outbox = MessageQueue(
                store: store, routing: broker == nil ? .subscriptions(subscriptions) : .broker,
                observer: QueueMetrics(metrics))
            return ServiceMessaging(
                outbox: outbox, subscribers: Set(subscriptions.map(\.service)).sorted(), broker: broker, host: self)
        } catch {
            throw StartError("messages: \(error)", exitStatus: 2)
        }
    }
}
