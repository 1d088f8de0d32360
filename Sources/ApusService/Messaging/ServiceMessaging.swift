// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
public import ApusMessaging
import ApusResilience
import ApusRuntime
import Synchronization

/// The messages of a service: what it publishes, what it handles, and everything that runs for that.
///
/// Publishing goes into the service's own database, in the transaction of the change (the outbox). From there messages
/// come to those who want them: without `BROKER_URL` over HTTP to the services that are named here as subscribers, and to
/// the handlers here at once; with it by way of the broker, which knows who wants what, the handlers here among them.
public final class ServiceMessaging: Sendable {
    /// Where messages are published: `try await messaging.outbox.publish(event, in: transaction)`.
    public let outbox: MessageQueue
    private let inbound: MessageQueue
    private let broker: (any MessageBroker)?
    private let host: ServiceHost
    /// Who is relayed to over HTTP.
    private let subscribers: [String]
    private let schedules = Mutex<[Schedule]>([])

    init(outbox: MessageQueue, subscribers: [String], broker: (any MessageBroker)?, host: ServiceHost) {
        self.outbox = outbox
        self.subscribers = subscribers
        self.broker = broker
        self.host = host
        inbound =
            broker.map {
                MessageQueue(store: $0, channel: .service(host.settings.name), observer: outbox.observer)
            } ?? outbox
    }

    /// Lets `handler` handle the messages of a type, as ``MessageQueue/subscribe(_:_:)``. Before ``run(_:)``.
    ///
    /// - Throws: `misuse` if the type has a handler.
    public func subscribe<Payload: Sendable>(
        _ type: MessageType<Payload>,
        _ handler: @escaping @Sendable (Payload, Delivery) async throws -> Void
    ) throws(MessagingError) {
        try inbound.subscribe(type, handler)
        // What came before there was a broker, or comes over HTTP, is handled as well.
        if inbound !== outbox { try outbox.subscribe(type, handler) }
    }

    /// Has messages published at certain times, by every instance, and once for each time. Before ``run(_:)``.
    public func schedule(_ schedules: Schedule...) {
        self.schedules.withLock { $0 += schedules }
    }

    /// Adds workers, relays and the scheduler to the service, which run as long as it does.
    ///
    /// - Parameter worker: how the handlers work.
    /// - Throws: what is out of range.
    public func run(_ worker: WorkerConfiguration = .init()) throws {
        let runtime = host.runtime
        // Without handlers, too: what comes all the same is kept as dead and reported.
        runtime.add(
            "worker", service: try QueueWorker(queue: outbox, configuration: worker, logger: host.logger("worker")))
        runtime.add("queue keeper", service: keeper)
        let schedules = schedules.withLock { $0 }
        if !schedules.isEmpty {
            runtime.add(
                "scheduler",
                service: try Scheduler(
                    schedules, publisher: outbox,
                    configuration: SchedulerConfiguration(source: outbox.configuration.source),
                    observer: ScheduleMetrics(host.metrics), clock: outbox.clock, logger: host.logger("scheduler")))
        }
        runtime.add(
            "relay",
            service: try Relay(
                queue: outbox, services: subscribers,
                transport: HTTPRelayTransport(network: host.network, token: host.settings.serviceToken),
                logger: host.logger("relay")))
        guard let broker else {
            runtime.add("broker leftovers", service: try leftovers())
            return
        }
        let faults = host.network.faults
        runtime.add(
            "broker relay",
            service: try BrokerRelay(queue: outbox, broker: broker, logger: host.logger("relay")) { message, deliver in
                try await faults.inject(
                    into: FaultCall(target: FaultTarget.broker, operation: message.type), failing: { $0 as any Error },
                    deliver)
            })
        runtime.add(
            "broker worker",
            service: try BrokerSubscriber(
                queue: inbound, broker: broker, service: host.settings.name, configuration: worker,
                logger: host.logger("worker")))
    }

    /// Publishes anew what waits for a broker that there isn't any more.
    private func leftovers() throws(InvalidConfiguration) -> QueueWorker {
        var configuration = BrokerRelay.defaults
        configuration.pollInterval = .seconds(30)
        let outbox = outbox
        return try QueueWorker(
            store: outbox.store, channel: .broker, configuration: configuration, observer: outbox.observer,
            logger: host.logger("relay")
        ) { delivery in
            try await outbox.publish(delivery.message)
        }
    }

    /// Cleans up, and reports what nobody works on.
    private var keeper: QueueKeeper {
        var worked: Set<Channel> = [.local, .broker]
        for service in subscribers { worked.insert(.service(service)) }
        return QueueKeeper(
            outbox: outbox, worked: worked, database: host.database, broker: broker, logger: host.logger("queue"))
    }

    /// The queues as an operator finds them.
    var queues: [AdministeredQueue] {
        var queues = [AdministeredQueue(name: "own", queue: outbox, channels: nil)]
        if inbound !== outbox {
            queues.append(AdministeredQueue(name: "broker", queue: inbound, channels: [inbound.channel, .unrouted]))
        }
        return queues
    }
}

extension ServiceBuilder {
    /// Offers what messages need of a service: `POST /events`, by which other services relay theirs to the handlers here,
    /// and `/queue`, where an operator sees what waits and brings dead messages back.
    ///
    /// Both ask for `SERVICE_TOKEN`: others get 401. Without one only processes of this machine may: others get 403.
    public mutating func offer(_ messaging: ServiceMessaging) {
        messaging.addRoutes(to: &self)
    }
}

extension ServiceMessaging {
    fileprivate func addRoutes(to builder: inout ServiceBuilder) {
        let token = host.settings.serviceToken
        let senders = TrustedCaller(token: token, deed: "Events are taken")
        let queue = outbox
        builder.route(.post, PathTemplate(EventIntake.path)) { request in
            try await EventIntake.respond(to: request, from: senders, queue)
        }
        QueueAdministration(
            queues: queues, directory: broker,
            callers: TrustedCaller(token: token, deed: "Queues are shown and changed"),
            logger: host.logger("queue")
        ).add(to: &builder)
    }
}
