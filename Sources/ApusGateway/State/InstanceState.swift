// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import NIOCore
import Synchronization

/// What the gateway knows of one instance of a service: its connections, its health, its breaker. Kept as long as the
/// instance is listed under the same id and address, whatever else changes.
final class InstanceState: Sendable {
    let id: String
    let endpoint: Origin
    let breaker: CircuitBreaker?

    /// What balancing sees: marked `unhealthy` by active checks, `unreachable` for a while after a connection failed, and
    /// `ejected` by outlier detection.
    let candidate: Candidate
    let requests = Atomic<UInt64>(0)
    let failures = Atomic<UInt64>(0)
    let health: Mutex<HealthRecord>

    private let avoidedUntil = Atomic<Int64>(.min)
    private let configuration: HTTPClientConfiguration
    private let slots: [PoolSlot]

    /// - Parameter startedAt: since when it takes calls, if that is less long ago than of the others.
    init(
        _ listed: ListedInstance, service: ServiceConfiguration, startedAt: Instant?, group: CandidateGroup,
        loops: Int, events: GatewayEvents
    ) throws(InvalidConfiguration) {
        id = listed.id
        endpoint = listed.endpoint
        candidate = Candidate(
            id: listed.id, weight: listed.weight, zone: listed.zone, startedAt: startedAt, group: group)
        configuration = service.clientConfiguration
        if let breaker = service.breaker {
            self.breaker = try events.breaker(breaker, service: service.name, scope: .instance(listed.id))
        } else {
            breaker = nil
        }
        slots = (0..<loops).map { _ in PoolSlot() }
        health = Mutex(try HealthRecord(service.healthCheck, now: .now))
    }

    /// The connections of the loop that this is called on.
    func pool(on loop: Loop) -> UpstreamPool {
        slots[loop.index].pool(endpoint, configuration, on: loop)
    }

    /// Closes the connections of the loop that this is called on.
    func shutdown(on loop: Loop) {
        slots[loop.index].shutdown()
    }

    /// Sends requests elsewhere for a while, because a connection failed.
    func avoid(for duration: Duration, on loop: Loop) {
        let until = Instant.now.advanced(by: duration)
        avoidedUntil.store(until.nanoseconds, ordering: .relaxed)
        guard candidate.mark(.unreachable, true) else { return }
        scheduleReturn(at: until, on: loop)
    }

    private func scheduleReturn(at instant: Instant, on loop: Loop) {
        let wait = TimeAmount.nanoseconds(max(0, Instant.now.duration(to: instant).nanoseconds))
        loop.eventLoop.scheduleTask(in: wait) {
            let until = Instant(nanoseconds: self.avoidedUntil.load(ordering: .relaxed))
            if until <= .now {
                self.candidate.mark(.unreachable, false)
            } else {
                self.scheduleReturn(at: until, on: loop)
            }
        }
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
