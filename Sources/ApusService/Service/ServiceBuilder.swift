// SPDX-License-Identifier: Apache-2.0
public import ApusContract
public import ApusCore
public import ApusHTTP
public import ApusResilience
public import ApusRuntime
public import ApusTelemetry
public import Logging
import NIOCore

/// Joins a contract and its implementation into what a server runs.
///
///     var service = ServiceBuilder(UsersAPI.self, logger: logger, metrics: registry, operations: endpoints)
///     service.implement(UsersAPI.getUser) { call in
///         guard let user = try await users.find(call.parameters.id) else { throw Problem(.notFound) }
///         return user
///     }
///     let server = HTTPServer(configuration: …, loops: loops, responder: try service.build())
///
/// Also served: `/openapi.json`, and from `operations` `/livez`, `/readyz`, `/health` and `/metrics`.
///
/// When the event loops are late, requests are refused with 503 `overloaded` and `Retry-After` before anything is done for
/// them: routes of the priority `sheddable` first, `critical` ones last, what is also served never. It takes a `watchdog`,
/// which knows the loops, and ``ServiceConfiguration/shedsLoad``.
public struct ServiceBuilder {
    private let contract: any Contract.Type
    private let configuration: ServiceConfiguration
    let logger: Logger
    private let metrics: HTTPMetrics
    private let identifiers = IdentifierSource()
    private let watchdog: LoopWatchdog?
    private let shed: ShedMetrics?
    private let time: TimeSource
    /// Nil if no faults may be armed.
    var faults: FaultInjector?
    private var middleware: [any Middleware] = []
    private var pending: [Pending] = []
    /// What is wrong with what was added, for ``build()`` to tell.
    var problems: [String] = []

    private struct Pending {
        let method: HTTPMethod
        let path: PathTemplate
        let operation: AnyOperation?
        let priority: CallPriority?
        let accessLevel: Logger.Level
        let handler: ServiceRoute.Handler
    }

    /// - Parameters:
    ///   - metrics: where the routes' instruments are registered.
    ///   - operations: what answers for health and metrics; nil for a service that is asked for neither.
    ///   - watchdog: gets to know which route runs on which loop, so that it can name the one that blocks it. Also knows
    ///     when the loops are late; without one, no load is shed.
    ///   - time: the clock of deadlines and durations.
    public init(
        _ contract: any Contract.Type, configuration: ServiceConfiguration = .init(), logger: Logger,
        metrics: MetricsRegistry, operations: OpsEndpoints? = nil, watchdog: LoopWatchdog? = nil,
        time: TimeSource = .system
    ) {
        self.contract = contract
        self.configuration = configuration
        self.logger = logger
        self.metrics = HTTPMetrics(metrics)
        self.watchdog = watchdog
        shed =
            watchdog != nil && configuration.shedsLoad
            ? ShedMetrics("apus_server_shed_total", reasons: ShedReason.allCases, in: metrics) : nil
        self.time = time
        let document = ByteBuffer(bytes: OpenAPI.document(for: contract))
        add(.get, "/openapi.json", .debug) { _ in
            HTTPResponse(status: .ok, headers: [.contentType: "application/json"], body: HTTPBody(document))
        }
        if let operations { add(operations) }
    }

    /// Adds a step that every request of the contract and every route added with ``route(_:_:_:)`` passes, in the order of
    /// the calls. Health and metrics are exempt.
    public mutating func use(_ step: some Middleware) {
        middleware.append(step)
    }

    // Without an output the form that returns nothing is meant; a body without `return` would fit all three.

    /// Gives an operation its implementation, which says status and headers of its answer.
    ///
    /// - Parameter priority: how much its requests matter when not all can be served. Default normal.
    @_disfavoredOverload
    public mutating func implement<Parameters, Body, Output>(
        _ operation: Operation<Parameters, Body, Output>, priority: CallPriority = .normal,
        _ implementation: @escaping @Sendable (Call<Parameters, Body>) async throws -> Reply<Output>
    ) {
        let handler = handler(of: operation, implementation)
        add(operation.any, priority) { try await handler.respond(to: $0) }
    }

    /// Gives an operation its implementation, which returns the output.
    ///
    /// - Parameter priority: how much its requests matter when not all can be served. Default normal.
    @_disfavoredOverload
    public mutating func implement<Parameters, Body, Output>(
        _ operation: Operation<Parameters, Body, Output>, priority: CallPriority = .normal,
        _ implementation: @escaping @Sendable (Call<Parameters, Body>) async throws -> Output
    ) {
        implement(operation, priority: priority) { call -> Reply<Output> in Reply(try await implementation(call)) }
    }

    /// Gives an operation without an output its implementation.
    ///
    /// - Parameter priority: how much its requests matter when not all can be served. Default normal.
    public mutating func implement<Parameters, Body>(
        _ operation: Operation<Parameters, Body, NoOutput>, priority: CallPriority = .normal,
        _ implementation: @escaping @Sendable (Call<Parameters, Body>) async throws -> Void
    ) {
        implement(operation, priority: priority) { call -> Reply<NoOutput> in
            try await implementation(call)
            return Reply(NoOutput())
        }
    }

    /// Adds a route beside the contract, for what has no schema: uploads, streams, deliveries of a broker.
    ///
    /// - Parameter priority: how much its requests matter when not all can be served. Default normal.
    public mutating func route(
        _ method: HTTPMethod, _ path: PathTemplate, priority: CallPriority = .normal,
        _ handler: @escaping ServiceRoute.Handler
    ) {
        pending.append(
            Pending(
                method: method, path: path, operation: nil, priority: priority, accessLevel: .info, handler: handler))
    }

    /// Builds the routes.
    ///
    /// - Throws: ``RouterError`` that lists everything that is wrong: operations without implementation or with two,
    ///   invalid paths, invalid configuration.
    public func build() throws(RouterError) -> ServiceResponder {
        var problems = configuration.problems() + self.problems
        let contractOperations = contract.operations
        for operation in contractOperations {
            problems += operation.problems
            if !pending.contains(where: { $0.operation?.name == operation.name }) {
                problems.append("\(contract.name) doesn't implement \(operation.name)")
            }
        }
        for route in pending {
            guard let operation = route.operation else { continue }
            if !contractOperations.contains(where: { $0.name == operation.name && $0.path == operation.path }) {
                problems.append("\(operation.name) is not in the operations of \(contract.name)")
            }
        }
        var shedders: LoopShedders?
        if configuration.shedsLoad, let watchdog {
            do throws(InvalidConfiguration) {
                shedders = try watchdog.loadShedders()
            } catch {
                problems.append("\(error)")
            }
        }
        let routes = pending.map { route in
            let made = ServiceRoute(
                route.method, route.path, operation: route.operation, priority: route.priority,
                metrics: metrics.route(method: route.method.name, route.path.description), logger: logger,
                accessLevel: route.accessLevel, handler: chain(route))
            return Router<ServiceRoute>.Route(route.method, route.path, made)
        }
        let router: Router<ServiceRoute>
        do throws(RouterError) {
            router = try Router(routes)
        } catch {
            throw RouterError(problems: problems + error.problems.filter { !problems.contains($0) })
        }
        guard problems.isEmpty else { throw RouterError(problems: problems) }
        return ServiceResponder(
            router: router, unmatched: metrics.route(method: "OTHER", "unmatched"), configuration: configuration,
            logger: logger, identifiers: identifiers, notes: watchdog?.operations ?? [],
            shedders: shedders, shed: shed, faults: faults, time: time)
    }

    /// The middleware around a handler, put together once.
    private func chain(_ route: Pending) -> ServiceRoute.Handler {
        guard route.priority != nil else { return route.handler }
        return middleware.reversed().reduce(route.handler) { next, step in
            { request in try await step.respond(to: request, next: next) }
        }
    }

    private mutating func add(_ operations: OpsEndpoints) {
        for path in OpsEndpoints.paths {
            add(.get, PathTemplate(path), .debug) { request in
                guard let answer = operations.answer(path: path, accept: request.http.head.headers[.accept]) else {
                    throw Problem(.noRoute)
                }
                return HTTPResponse(answer)
            }
        }
    }

    /// What decodes the requests of an operation and encodes the answers of its implementation.
    func handler<Parameters, Body, Output>(
        of operation: Operation<Parameters, Body, Output>,
        _ implementation: @escaping @Sendable (Call<Parameters, Body>) async throws -> Reply<Output>
    ) -> OperationHandler<Parameters, Body, Output> {
        OperationHandler(
            operation: operation, maximumBodyBytes: configuration.maximumBodyBytes, logger: logger,
            implementation: implementation)
    }

    /// Adds the route of an operation.
    mutating func add(
        _ operation: AnyOperation, _ priority: CallPriority, _ handler: @escaping ServiceRoute.Handler
    ) {
        pending.append(
            Pending(
                method: HTTPMethod(operation.method.name), path: operation.path, operation: operation,
                priority: priority, accessLevel: .info, handler: handler))
    }

    /// Adds a route that no middleware surrounds and that is served in any case.
    mutating func add(
        _ method: HTTPMethod, _ path: PathTemplate, _ level: Logger.Level, _ handler: @escaping ServiceRoute.Handler
    ) {
        pending.append(
            Pending(method: method, path: path, operation: nil, priority: nil, accessLevel: level, handler: handler))
    }
}
