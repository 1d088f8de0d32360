// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import Logging
import NIOCore
import Synchronization

/// Asks one instance again and again whether it can serve, on one event loop, over a connection of its own.
final class HealthProber: ResponseReceiver, @unchecked Sendable {
    // Sendable so that it can be handed to its loop; the state is the loop's alone.

    private let instance: InstanceState
    private let service: ServiceState
    private let configuration: ActiveCheckConfiguration
    private let loop: Loop
    private let logger: Logger
    private let pool: UpstreamPool
    private var random = FastRandom()
    private var began = Instant.distantFuture
    private var status: HTTPStatus?
    private var exchange: ClientExchange?
    private var scheduled: Scheduled<Void>?
    private var isStopped = false

    init(
        _ instance: InstanceState, service: ServiceState, check: ActiveCheckConfiguration, loop: Loop,
        logger: Logger
    ) {
        self.instance = instance
        self.service = service
        self.loop = loop
        self.logger = logger
        configuration = check
        var client = service.configuration.clientConfiguration
        client.maximumConnections = 1
        client.connectTimeout = min(client.connectTimeout, check.timeout)
        pool = UpstreamPool(endpoint: instance.endpoint, configuration: client, loop: loop)
    }

    /// Begins with a check at once.
    func start() {
        loop.eventLoop.execute { self.check() }
    }

    func stop() {
        loop.eventLoop.execute {
            self.isStopped = true
            self.scheduled?.cancel()
            self.exchange?.cancel()
            self.pool.shutdown()
        }
    }

    private func check() {
        guard !isStopped else { return }
        began = .now
        status = nil
        let head = RequestHead(
            method: .get, target: configuration.path,
            headers: [.host: instance.endpoint.authority, .userAgent: "apus-gateway-health", .accept: "*/*"])
        exchange = pool.exchange(head, deadline: began.advanced(by: configuration.timeout), receiver: self)
    }

    func received(_ head: ResponseHead, hasBody: Bool) {
        status = head.status
    }

    func received(_ chunk: ByteBuffer) {}

    func writabilityChanged(_ isWritable: Bool) {}

    func receivedEnd(_ trailers: Headers?) {
        guard let status else { return finish("no answer") }
        finish(status.statusClass == 2 ? nil : "answered \(status)")
    }

    func failed(_ failure: CallFailure) {
        finish(failure.message)
    }

    private func finish(_ failure: String?) {
        exchange = nil
        guard !isStopped else { return }
        let now = Instant.now
        let transition = instance.health.withLock {
            $0.record(failure, took: began.duration(to: now), now: now)
        }
        if let transition {
            let isHealthy = transition.to == .healthy
            instance.candidate.mark(.unhealthy, !isHealthy)
            // One that was ill and is well again begins anew. That a check of one that seemed well all along passed says
            // nothing against its ejection.
            if isHealthy, transition.from == .unhealthy { service.outliers?.recover(instance.candidate, now: now) }
            if !isHealthy || transition.from == .unhealthy { log(isHealthy, failure) }
        }
        schedule()
    }

    private func log(_ isHealthy: Bool, _ failure: String?) {
        logger.log(
            level: isHealthy ? .notice : .warning, isHealthy ? "instance is healthy again" : "instance is unhealthy",
            metadata: [
                "upstream": "\(service.name)", "instance": "\(instance.id)", "reason": "\(failure ?? "check passed")",
            ])
    }

    /// The interval plus or minus a tenth.
    private func schedule() {
        let interval = configuration.interval.nanoseconds
        let jitter = Int64(random.next() % UInt64(max(1, interval / 5))) - interval / 10
        let prober = self
        scheduled = loop.eventLoop.scheduleTask(in: .nanoseconds(interval + jitter)) { prober.check() }
    }
}
