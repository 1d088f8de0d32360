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
        case .begun(let request, let shedder):
            return await CallContext.$current.withValue(request.context) {
                let watch = watch(request, shedder, since: start)
                let response: HTTPResponse
                do {
                    if let faults, faults.mayInject {
                        response = try await faulted(request, faults)
                    } else {
                        response = try await request.route.handler(request)
                    }
                } catch {
                    response = answer(error, request)
                }
                return finished(response, of: request, watch)
            }
        }
    }

    private enum Beginning {
        /// With who keeps count of it, if anybody does.
        case begun(ServiceRequest, LoopShedder?)
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
        let admission = admit(match, at: start)
        let (context, malformed) = CallContext.incoming(
            request.head.headers, at: start, timeout: configuration.timeout, identifiers)
        let problem = if case .refused(let overload) = admission { overload } else { malformed }
        let shedder: LoopShedder? = if case .counted(let shedder) = admission { shedder } else { nil }
        if problem == nil, case .found(let route, let captures) = match {
            let request = ServiceRequest(
                http: request, route: route, context: context, principal: nil, captures: captures)
            return .begun(request, shedder)
        }
        shedder?.finish(at: loopTime(start))
        return CallContext.$current.withValue(context) {
            var response: HTTPResponse
            if let problem {
                response = answer(problem, request, context)
            } else if case .methodNotAllowed(let methods) = match {
                response = refusal(of: request, allowing: methods, context)
            } else {
                response = answer(Problem(.noRoute, "Nothing is at this path."), request, context)
            }
            identify(&response, context)
            ended(match, request, response, since: start, at: time.now)
            return .refused(response)
        }
    }

    /// What the client gets, counted and logged, unless it was answered for at the deadline.
    @inline(never)
    private func finished(
        _ response: consuming HTTPResponse, of request: ServiceRequest, _ watch: Watch
    ) -> HTTPResponse {
        let now = time.now
        if let note = watch.note { note.operations.leave(note.token) }
        watch.shedder?.finish(at: loopTime(now))
        if let running = watch.running {
            if running.isCutOff { return response }
            LoopDeadlines.current?.remove(running)
        }
        identify(&response, request.context)
        ended(.found(request.route, request.captures), request.http, response, since: watch.start, at: now)
        return response
    }

    /// An instant that the service's clock has just given, on the clock of the loop: that may be another one.
    func loopTime(_ now: Instant) -> Instant { time.isSystem ? now : .now }

    /// What is kept of a request while it is handled.
    private struct Watch {
        let start: Instant
        /// Who keeps count of it, if anybody does.
        let shedder: LoopShedder?
        /// Nil if nothing cuts it off.
        let running: RunningRequest?
        /// What the watchdog of its loop knows it by.
        let note: (operations: LoopOperations, token: LoopOperations.Token)?
    }

    @inline(never)
    private func watch(_ request: ServiceRequest, _ shedder: LoopShedder?, since start: Instant) -> Watch {
        var note: (LoopOperations, LoopOperations.Token)?
        if let loop = Loop.current, notes.indices.contains(loop.index) {
            let operations = notes[loop.index]
            note = (operations, operations.enter(request.route.operationName))
        }
        return Watch(start: start, shedder: shedder, running: running(request, since: start), note: note)
    }

    /// Has the request cut off at its deadline: that of its operation or, for a route beside the contract, which may stream
    /// for as long as it likes, that of a caller who sets one.
    private func running(_ request: ServiceRequest, since start: Instant) -> RunningRequest? {
        guard request.route.operation != nil || request.http.head.headers.contains(.timeout),
            let answer = request.http.earlyAnswer, let remaining = request.context.remaining(at: start),
            let deadlines = LoopDeadlines.current
        else { return nil }
        let now = loopTime(start)
        let running = RunningRequest(
            request, answer: answer, of: self, start: start, deadline: now.advanced(by: remaining))
        deadlines.add(running, at: now)
        return running
    }

    /// Says the request's id in its response.
    func identify(_ response: inout HTTPResponse, _ context: CallContext) {
        context.requestID?.withUTF8 { response.head.headers.append(.requestID, $0) }
    }

    /// Counts and logs the request as answered at `now`.
    func ended(
        _ match: RouteMatch<ServiceRoute>, _ request: HTTPRequest, _ response: HTTPResponse, since start: Instant,
        at now: Instant
    ) {
        let nanoseconds = now.nanoseconds - start.nanoseconds
        let metrics = if case .found(let route, _) = match { route.metrics } else { unmatched }
        metrics.end(status: response.status.code, nanoseconds: nanoseconds)
        if configuration.logsAccess { logAccess(match, request, response, nanoseconds) }
    }

    // Not inlined: it would be part of the frame of every request.
    @inline(never)
    private func faulted(_ request: ServiceRequest, _ injector: FaultInjector) async throws -> HTTPResponse {
        let handler = request.route.handler
        guard let faults = RequestFaults(injector, for: request) else { return try await handler(request) }
        return try await faults.apply(to: request) { try await handler(request) }
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
        let log: AccessLog
        if case .found(let route, _) = match {
            log = route.accessLog
        } else {
            var logger = logger
            logger[metadataKey: "method"] = .string(String(request.head.method.name.prefix(16)))
            logger[metadataKey: "route"] = "unmatched"
            log = AccessLog(logger, level: .info)
        }
        log.answered(
            status: response.status.code, nanoseconds: nanoseconds, bytes: response.body.buffered?.readableBytes ?? 0)
    }
}
