// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import ApusRuntime

/// The brokers that `BROKER_URL` may name.
enum Broker {
    /// What is wrong with the address of a broker; nil if nothing is.
    static func problem(with url: ResourceURL) -> String? {
        "\(url.scheme) is no broker that this build knows; leave it empty for the queue in the service's own database"
    }

    /// A broker at `url`, which is connected when it is first used, checked in `/health` and closed with the service.
    ///
    /// - Throws: what is wrong with the address.
    static func open(
        _ url: ResourceURL, _ configuration: QueueConfiguration, _ host: ServiceHost
    ) throws -> any MessageBroker {
        throw InvalidConfiguration([ConfigurationProblem("BROKER_URL", problem(with: url) ?? "")])
    }
}
