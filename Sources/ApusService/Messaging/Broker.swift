// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusMessaging
import ApusNATS
import ApusRedis
import ApusRedisMessaging
import ApusRuntime

/// The brokers that `BROKER_URL` may name.
enum Broker {
    /// What is wrong with the address of a broker; nil if nothing is.
    static func problem(with url: ResourceURL) -> String? {
        do throws(InvalidConfiguration) {
            switch url.scheme {
            case "nats", "tls": _ = try NATSClient(NATSConfiguration(url: url.string))
            default: _ = try RedisConfiguration(url: url.string)
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// A broker at `url`, which is connected when it is first used, shown in `/health` and closed with the service.
    ///
    /// While it can't be reached the service takes requests all the same: what it publishes waits in its database.
    ///
    /// - Throws: what is wrong with the address.
    static func open(
        _ url: ResourceURL, _ queue: QueueConfiguration, _ host: ServiceHost
    ) throws(InvalidConfiguration) -> any MessageBroker {
        switch url.scheme {
        case "nats", "tls": try nats(url, queue, host)
        default: try redis(url, queue, host)
        }
    }

    /// What is amiss with the settings of a broker, a sentence each: it may lose messages.
    ///
    /// - Throws: `unavailable`, `storage`.
    static func problems(of broker: (any MessageBroker)?) async throws(MessagingError) -> [String] {
        try await (broker as? RedisQueue)?.serverProblems() ?? []
    }

    private static func redis(
        _ url: ResourceURL, _ queue: QueueConfiguration, _ host: ServiceHost
    ) throws(InvalidConfiguration) -> any MessageBroker {
        let client = try RedisClient(RedisConfiguration(url: url.string), group: host.runtime.loops.group)
        let broker = try RedisQueue(client, configuration: queue)
        add(to: host, close: { client.shutdown() }) {
            client.health.isOK ? nil : "\(client.health)"
        }
        return broker
    }

    private static func nats(
        _ url: ResourceURL, _ queue: QueueConfiguration, _ host: ServiceHost
    ) throws(InvalidConfiguration) -> any MessageBroker {
        var configuration = try NATSConfiguration(url: url.string)
        configuration.name = host.settings.name
        let client = try NATSClient(configuration)
        let broker = try JetStreamQueue(client: client, configuration: JetStreamQueueConfiguration(queue: queue))
        add(to: host, close: { client.shutdown() }, health: { client.health.isOK ? nil : "\(client.health)" })
        return broker
    }

    private static func add(
        to host: ServiceHost, close: @escaping @Sendable () -> Void, health: @escaping @Sendable () -> String?
    ) {
        host.runtime.addResource("broker") { close() }
        var check = HealthCheckConfiguration()
        check.isCritical = false
        host.runtime.addCheck("broker", check) {
            if let problem = health() { throw StartError(problem) }
        }
    }
}
