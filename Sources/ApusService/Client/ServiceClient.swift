// SPDX-License-Identifier: Apache-2.0
public import ApusBalancing
public import ApusContract
public import ApusCore
public import ApusDiscovery
public import ApusHTTP
public import ApusResilience
import ApusRuntime
public import ApusTelemetry
public import Logging

/// Calls the operations of another service.
///
/// Instances come from the registry; one that fails repeatedly is left out by its circuit breaker until a probe succeeds,
/// one that fails more than the others by outlier detection. Deadline, request id and trace of the request that is being
/// handled travel along.
///
/// What is sent again, to another instance if there is one: a request that no instance can have seen, and one whose connection
/// was lost or that was answered with 502, 503 or 504, if the operation is safe, idempotent, or carries an idempotency key.
/// Never more often than ``ServiceClientConfiguration/retry`` says, never beyond the budget that all calls to the service
/// share, and never when the deadline would pass meanwhile.
///
/// Concurrency-safe; make one for each service that is called and keep it.
public final class ServiceClient: Sendable {
    /// The name of the service in the registry.
    public let service: String
    public let configuration: ServiceClientConfiguration

    let metrics: HTTPClientMetrics
    let time: TimeSource
    let identifiers = IdentifierSource()
    private let stack: ClientStack
    private let instances: ServiceInstances

    /// A client of the service `service`.
    ///
    /// - Parameters:
    ///   - metrics: where the calls are counted.
    ///   - faults: does to calls what it is armed for; nothing by default.
    ///   - logger: is told when a breaker changes or an instance is ejected, a line each; nobody by default.
    ///   - time: the clock of deadlines and breakers.
    /// - Throws: `InvalidConfiguration` with every problem of `configuration`.
    public init(
        _ service: String, resolver: any Resolver, http: HTTPClient, metrics: MetricsRegistry,
        configuration: ServiceClientConfiguration = .init(), faults: FaultInjector = FaultInjector(),
        logger: Logger? = nil, time: TimeSource = .system
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.service = service
        self.configuration = configuration
        self.time = time
        self.metrics = HTTPMetrics(metrics).client(service: service)
        let breakers = BreakerMetrics(metrics, service: service)
        let log = logger.map { PolicyLog($0) }
        let instances = try ServiceInstances(view: resolver.view(of: service), configuration, time: time) { change in
            breakers.count(change)
            log?.tell(change, service: service)
        } makeBreaker: { (id) throws(InvalidConfiguration) in
            try CircuitBreaker(service: service, configuration: configuration.breaker, time: time) { transition in
                breakers.count(transition)
                log?.tell(transition, service: service, "instance", id)
            }
        }
        self.instances = instances
        stack = try ClientStack(service, configuration, instances: instances, http: http, faults: faults, time: time)
        stack.register(metrics, service: service)
        breakers.register { instances.all.map(\.target.breaker.snapshot) }
    }

    /// A client of the service that `contract` describes.
    ///
    /// - Throws: `InvalidConfiguration` with every problem of `configuration`.
    public convenience init(
        _ contract: any Contract.Type, resolver: any Resolver, http: HTTPClient, metrics: MetricsRegistry,
        configuration: ServiceClientConfiguration = .init(), faults: FaultInjector = FaultInjector(),
        logger: Logger? = nil, time: TimeSource = .system
    ) throws(InvalidConfiguration) {
        try self.init(
            contract.name, resolver: resolver, http: http, metrics: metrics, configuration: configuration,
            faults: faults, logger: logger, time: time)
    }

    /// What the breaker of each instance knows, by the instances' ids.
    public var breakers: [String: CircuitBreakerSnapshot] {
        Dictionary(instances.all.map { ($0.id, $0.target.breaker.snapshot) }, uniquingKeysWith: { first, _ in first })
    }

    /// The instances that outlier detection left out or took back of late, the oldest first.
    public var ejections: [OutlierChange] { instances.ejections }

    /// Calls an operation and returns its output with the head of the answer.
    ///
    /// - Parameters:
    ///   - idempotencyKey: names the attempt, for operations that accept a key but don't have it among their parameters.
    ///   - context: that of the request being handled by default.
    /// - Throws: ``ServiceError/problem(_:)`` for an error that the operation declares, ``ServiceError/failure(_:)`` for
    ///   everything else.
    public func send<Parameters, Body, Output>(
        _ operation: Operation<Parameters, Body, Output>, _ parameters: Parameters, body: Body,
        idempotencyKey: String? = nil, context: CallContext? = nil
    ) async throws(ServiceError) -> Received<Output> {
        let now = time.now
        var context = context ?? CallContext.current ?? CallContext()
        if context.requestID == nil {
            var random = identifiers.next()
            context.requestID = RequestID(using: &random)
        }
        context = context.narrowed(to: now.advanced(by: configuration.timeout))
        let outgoing = OutgoingRequest(operation, parameters, body, idempotencyKey)
        let answer: Answer
        do throws(CallFailure) {
            answer = try await exchange(outgoing, context, since: now)
        } catch {
            throw .failure(error)
        }
        return Received(
            output: try answer.output(of: operation), status: answer.response.status, headers: answer.response.headers)
    }

    /// Makes the call through all layers, counted.
    func exchange(
        _ outgoing: OutgoingRequest, _ context: CallContext, since start: Instant
    ) async throws(CallFailure) -> Answer {
        metrics.begin()
        do throws(CallFailure) {
            let answer = try await stack.endpoint.call(ClientRequest(outgoing), in: context)
            metrics.end(
                status: answer.response.status.code, nanoseconds: time.now.nanoseconds - start.nanoseconds)
            return answer
        } catch {
            metrics.end(failure: error.code, nanoseconds: time.now.nanoseconds - start.nanoseconds)
            throw named(error)
        }
    }

    private func named(_ failure: CallFailure) -> CallFailure {
        var failure = failure
        failure.service = service
        return failure
    }
}
