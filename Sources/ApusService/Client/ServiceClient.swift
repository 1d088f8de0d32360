// SPDX-License-Identifier: Apache-2.0
public import ApusContract
public import ApusCore
public import ApusDiscovery
public import ApusHTTP
import ApusResilience
public import ApusTelemetry
import NIOCore

/// Calls the operations of another service.
///
/// Instances come from the registry and take turns; one that fails repeatedly is left out by its circuit breaker until a
/// probe succeeds. Deadline, request id and trace of the request that is being handled travel along.
///
/// What is sent again: a request that no instance can have seen goes to another one, up to
/// ``ServiceClientConfiguration/maximumAttempts``. A request whose connection was lost is sent once more, to another
/// instance, if the operation is safe, idempotent, or carries an idempotency key. Nothing else, and no answer, is repeated.
///
/// Concurrency-safe; make one for each service that is called and keep it.
public final class ServiceClient: Sendable {
    /// The name of the service in the registry.
    public let service: String
    public let configuration: ServiceClientConfiguration

    let instances: ServiceInstances
    let http: HTTPClient
    let metrics: HTTPClientMetrics
    let time: TimeSource
    let identifiers = IdentifierSource()

    /// A client of the service `service`.
    ///
    /// - Parameters:
    ///   - metrics: where the calls are counted.
    ///   - time: the clock of deadlines and breakers.
    public init(
        _ service: String, resolver: any Resolver, http: HTTPClient, metrics: MetricsRegistry,
        configuration: ServiceClientConfiguration = .init(), time: TimeSource = .system
    ) {
        self.service = service
        self.configuration = configuration
        self.http = http
        self.time = time
        self.metrics = HTTPMetrics(metrics).client(service: service)
        let breaker = configuration.breaker
        instances = ServiceInstances(view: resolver.view(of: service)) { () throws(InvalidConfiguration) in
            try CircuitBreaker(service: service, configuration: breaker, time: time)
        }
    }

    /// A client of the service that `contract` describes.
    public convenience init(
        _ contract: any Contract.Type, resolver: any Resolver, http: HTTPClient, metrics: MetricsRegistry,
        configuration: ServiceClientConfiguration = .init(), time: TimeSource = .system
    ) {
        self.init(
            contract.name, resolver: resolver, http: http, metrics: metrics, configuration: configuration, time: time)
    }

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
        metrics.begin()
        let response: HTTPResponse
        let bytes: ByteBuffer
        do throws(CallFailure) {
            response = try await exchange(outgoing, context)
            bytes = try await response.body.collect(upTo: configuration.maximumResponseBytes)
        } catch {
            metrics.end(failure: error.code, nanoseconds: time.now.nanoseconds - now.nanoseconds)
            throw .failure(named(error))
        }
        metrics.end(status: response.status.code, nanoseconds: time.now.nanoseconds - now.nanoseconds)
        let answer = Answer(service: service, response: response.head, body: bytes)
        return Received(
            output: try answer.output(of: operation), status: response.status, headers: response.headers)
    }

    func named(_ failure: CallFailure) -> CallFailure {
        var failure = failure
        failure.service = service
        return failure
    }
}
