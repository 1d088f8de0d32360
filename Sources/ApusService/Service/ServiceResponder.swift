// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
public import ApusHTTP
import ApusResilience
import ApusRuntime
import ApusTelemetry
import Logging
import NIOCore

/// Answers the requests of a service.
///
/// For each request, in this order: the route is found; its metrics begin; load shedding decides whether there is room for
/// it; request id, trace and deadline are taken over from the headers or made, and put into `CallContext.current`; the
/// middleware and the handler run; an error becomes `application/problem+json`; the request id is echoed; metrics and
/// access log end.
///
/// An operation that has no answer at its deadline is answered for, with 504, and its task is cancelled. A response whose
/// body streams has begun when the handler returns it: the deadline no longer matters then.
public final class ServiceResponder: HTTPResponder {
    let router: Router<ServiceRoute>
    let unmatched: HTTPRouteMetrics
    let configuration: ServiceConfiguration
    let logger: Logger
    let identifiers: IdentifierSource
    let notes: [LoopOperations]
    /// Nil if load isn't shed.
    let shedders: LoopShedders?
    let shed: ShedMetrics?
    /// Nil if no faults may be armed.
    let faults: FaultInjector?
    let time: TimeSource

    init(
        router: Router<ServiceRoute>, unmatched: HTTPRouteMetrics, configuration: ServiceConfiguration, logger: Logger,
        identifiers: IdentifierSource, notes: [LoopOperations], shedders: LoopShedders?, shed: ShedMetrics?,
        faults: FaultInjector?, time: TimeSource
    ) {
        self.router = router
        self.unmatched = unmatched
        self.configuration = configuration
        self.logger = logger
        self.identifiers = identifiers
        self.notes = notes
        self.shedders = shedders
        self.shed = shed
        self.faults = faults
        self.time = time
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        let start = time.now
        switch begin(request, at: start) {
        case .refused(let response): return response
        case .begun(let request, let context, let shedder):
            defer { shedder?.finish(at: .now) }
            return await CallContext.$current.withValue(context) {
                let running = watch(request, since: start)
                let response = await run(request.route, request)
                return finished(response, of: request, running, since: start)
            }
        }
    }

    private enum Beginning {
        /// With who keeps count of it, if anybody does.
        case begun(ServiceRequest, CallContext, LoopShedder?)
        /// Answered without a handler; counted and logged.
        case refused(HTTPResponse)
    }

    // Not inlined, as `finished`: what they need meanwhile would be part of the frame of every request.

    /// Finds the route, sees whether there is room, and makes the context.
    @inline(never)
    private func begin(_ request: HTTPRequest, at start: Instant) -> Beginning {
        let match = router.match(request.head.method, request.head.path)
        let metrics = if case .found(let route, _) = match { route.metrics } else { unmatched }
        metrics.begin()
        let admission = admit(match)
        let (context, malformed) = CallContext.incoming(
            request.head.headers, at: start, timeout: configuration.timeout, identifiers)
        let problem = if case .refused(let overload) = admission { overload } else { malformed }
        let shedder: LoopShedder? = if case .counted(let shedder) = admission { shedder } else { nil }
        if problem == nil, case .found(let route, let captures) = match {
            let request = ServiceRequest(
                http: request, route: route, context: context, principal: nil, captures: captures)
            return .begun(request, context, shedder)
        }
        shedder?.finish(at: .now)
        return CallContext.$current.withValue(context) {
            var response: HTTPResponse
            if let problem {
                response = answer(problem, request, context)
            } else if case .methodNotAllowed(let methods) = match {
                response = refusal(of: request, allowing: methods, context)
            } else {
                response = answer(Problem(.noRoute, "Nothing is at this path."), request, context)
            }
            response = identified(response, context)
            ended(match, request, response, since: start)
            return .refused(response)
        }
    }

    /// What the client gets, counted and logged, unless it was answered for at the deadline.
    @inline(never)
    private func finished(
        _ response: HTTPResponse, of request: ServiceRequest, _ running: RunningRequest?, since start: Instant
    ) -> HTTPResponse {
        if let running {
            if running.isCutOff { return response }
            LoopDeadlines.current?.remove(running)
        }
        let response = identified(response, request.context)
        ended(.found(request.route, request.captures), request.http, response, since: start)
        return response
    }

    /// Has the request cut off at its deadline: that of its operation or, for a route beside the contract, which may stream
    /// for as long as it likes, that of a caller who sets one.
    @inline(never)
    private func watch(_ request: ServiceRequest, since start: Instant) -> RunningRequest? {
        guard request.route.operation != nil || request.http.head.headers.contains(.timeout),
            let answer = request.http.earlyAnswer, let remaining = request.context.remaining(at: start),
            let deadlines = LoopDeadlines.current
        else { return nil }
        // The service's clock may be another than that of the loop's timers.
        let now = Instant.now
        let running = RunningRequest(
            request, answer: answer, of: self, start: start, deadline: now.advanced(by: remaining))
        deadlines.add(running, at: now)
        return running
    }

    /// The response with the request's id.
    func identified(_ response: HTTPResponse, _ context: CallContext) -> HTTPResponse {
        guard let requestID = context.requestID else { return response }
        var response = response
        response.head.headers.append(.requestID, requestID.description)
        return response
    }

    /// Counts and logs the request as answered.
    func ended(
        _ match: RouteMatch<ServiceRoute>, _ request: HTTPRequest, _ response: HTTPResponse, since start: Instant
    ) {
        let nanoseconds = time.now.nanoseconds - start.nanoseconds
        let metrics = if case .found(let route, _) = match { route.metrics } else { unmatched }
        metrics.end(status: response.status.code, nanoseconds: nanoseconds)
        if configuration.logsAccess { logAccess(match, request, response, nanoseconds) }
    }

    private func run(_ route: ServiceRoute, _ request: ServiceRequest) async -> HTTPResponse {
        let notes: LoopOperations? =
            if let loop = Loop.current, self.notes.indices.contains(loop.index) { self.notes[loop.index] } else { nil }
        let note = notes?.enter(route.operationName)
        defer { if let note { notes?.leave(note) } }
        do {
            guard let faults = RequestFaults(self.faults, for: request) else { return try await route.handler(request) }
            return try await faults.apply(to: request) { try await route.handler(request) }
        } catch {
            return answer(error, request)
        }
    }

    /// The answer for what a handler threw.
    @inline(never)
    private func answer(_ error: any Error, _ request: ServiceRequest) -> HTTPResponse {
        if Task.isCancelled {
            return answer(Problem(DeclaredError(.cancelled)), request.http, request.context)
        }
        let problem = Problem(thrown: error)
        if problem.status >= 500 {
            logger.log(
                level: problem.code == DeclaredError.internalError.code ? .error : .warning, "request failed",
                metadata: ["route": request.route.logPath, "error": "\(error)"])
        }
        return answer(problem, request.http, request.context)
    }

    func answer(_ problem: Problem, _ request: HTTPRequest, _ context: CallContext) -> HTTPResponse {
        var problem = problem
        problem.instance = problem.instance ?? String(request.head.path)
        problem.requestID = context.requestID?.description
        return problem.response()
    }

    private func refusal(
        of request: HTTPRequest, allowing methods: [HTTPMethod], _ context: CallContext
    ) -> HTTPResponse {
        let names = methods.map(\.name).joined(separator: ", ")
        var response = answer(Problem(.methodNotAllowed, "Allowed here: \(names)."), request, context)
        response.head.headers.append(.allow, names)
        return response
    }

    private func logAccess(
        _ match: RouteMatch<ServiceRoute>, _ request: HTTPRequest, _ response: HTTPResponse, _ nanoseconds: Int64
    ) {
        var logger = logger
        var level = Logger.Level.info
        if case .found(let route, _) = match {
            (logger, level) = (route.accessLogger, route.accessLevel)
        } else {
            logger[metadataKey: "method"] = .string(String(request.head.method.name.prefix(16)))
            logger[metadataKey: "route"] = "unmatched"
        }
        logger.log(
            level: level, "request",
            metadata: [
                "status": "\(response.status.code)",
                "duration_ms": "\(Double(nanoseconds / 1000) / 1000)",
                "bytes": "\(response.body.buffered?.readableBytes ?? 0)",
            ])
    }
}
