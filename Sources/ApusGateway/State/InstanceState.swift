// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience
import Synchronization

/// What the gateway knows of one instance of a service: its connections, its health, its breaker. Kept as long as the
/// instance is listed under the same id and address, whatever else changes.
final class InstanceState: Sendable {
    let id: String
    let endpoint: Endpoint
    let breaker: CircuitBreaker?

    /// False once active health checks have failed often enough.
    let isHealthy = Atomic<Bool>(true)
    /// The instant, in nanoseconds, until which requests go elsewhere because a connection failed.
    let avoidedUntil = Atomic<Int64>(.min)
    let requests = Atomic<UInt64>(0)
    let failures = Atomic<UInt64>(0)
    let health: Mutex<HealthRecord>

    private let configuration: HTTPClientConfiguration
    private let slots: [PoolSlot]

    init(id: String, endpoint: Endpoint, service: ServiceConfiguration, loops: Int) throws(InvalidConfiguration) {
        self.id = id
        self.endpoint = endpoint
        configuration = service.clientConfiguration
        if let breaker = service.breaker {
            self.breaker = try CircuitBreaker(service: service.name, configuration: breaker.resilience)
        } else {
            breaker = nil
        }
        slots = (0..<loops).map { _ in PoolSlot() }
        health = Mutex(HealthRecord())
    }

    /// The connections of the loop that this is called on.
    func pool(on loop: Loop) -> UpstreamPool {
        slots[loop.index].pool(endpoint, configuration, on: loop)
    }

    /// Closes the connections of the loop that this is called on.
    func shutdown(on loop: Loop) {
        slots[loop.index].shutdown()
    }

    /// Sends requests elsewhere for a while, because a connection failed at `now`.
    func avoid(from now: Instant, for duration: Duration) {
        avoidedUntil.store(now.advanced(by: duration).nanoseconds, ordering: .relaxed)
    }

    func isAvoided(at now: Instant) -> Bool {
        avoidedUntil.load(ordering: .relaxed) > now.nanoseconds
    }
}

extension ServiceConfiguration {
    /// How the engine connects to the instances.
    var clientConfiguration: HTTPClientConfiguration {
        var client = HTTPClientConfiguration()
        client.connectTimeout = connectTimeout
        client.maximumConnections = maxConnections
        client.maximumWaiting = maxPending
        client.idleTimeout = idleTimeout
        client.tls = ClientTLS(authoritiesFile: tls?.ca)
        return client
    }
}

extension BreakerConfiguration {
    /// The same in the words of ApusResilience.
    var resilience: CircuitBreakerConfiguration {
        var configuration = CircuitBreakerConfiguration()
        configuration.failureRate = failureRate
        configuration.minimumCalls = minimumRequests
        configuration.window = window
        configuration.openDuration = openFor
        configuration.maximumOpenDuration = max(openFor, configuration.maximumOpenDuration)
        configuration.halfOpenPermits = probes
        return configuration
    }
}
