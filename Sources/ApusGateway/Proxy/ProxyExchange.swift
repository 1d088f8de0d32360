// SPDX-License-Identifier: Apache-2.0
import ApusAuth
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience
import ApusRuntime
import ApusTelemetry
import NIOCore
import Synchronization

/// One request on its way through the gateway, from its head to the last byte of its response. Lives on one event loop.
///
/// States: *admitted* → *calling* an instance (perhaps another, if that is safe) → *answering* → *over*.
/// The permits of an attempt are held while an instance is called and answers, and recorded once.
final class ProxyExchange: RequestReceiver {
    let context: LoopContext
    let model: GatewayModel
    let client: ServerExchange
    let sender: String
    let started = Instant.now
    var head: RequestHead
    private(set) var route: RouteModel?
    var instance: InstanceState?
    var attempts = 0
    var failure: CallFailure?
    var sentBytes = 0
    var receivedBytes = 0

    /// When the client gives up, as far as it says so. Nothing goes on longer.
    private(set) var callerDeadline: Instant?
    private(set) var body = RequestBody.none
    /// What is held for an attempt, from its admission to its record.
    var permit: CircuitBreakerPermit?
    var lease: CandidateLease?
    var bulkheadPermit: BulkheadPermit?
    var adaptivePermit: AdaptiveConcurrencyPermit?
    var attemptStarted = Instant.distantFuture
    var isMeasured = false
    /// What is held for the whole request.
    var routePermit: CircuitBreakerPermit?
    var routeOutcome = CallOutcome.cancelled
    /// Whether the loop's load shedder counts it.
    var isAdmitted = false

    var tried: [Candidate] = []
    var retries: RetryState?
    /// How long the next attempt waits; nil for not at all.
    var pause: Duration?
    var waiting: Scheduled<Void>?
    /// What the instance is picked by, if the policy hashes.
    var hash: UInt64?
    var newCookie: String?
    /// What an injected fault does to the attempt: its connection is lost when its response is there, or the body of that
    /// comes at so many bytes a second.
    var losesConnection = false
    var slowBody = 0
    var upstream: ClientExchange?
    var leg: UpstreamLeg?
    private(set) var streamsBody = false
    var bodyWanted = false
    var isOver = false
    /// The status of the instance's response; 0 until its head is there.
    var status = 0
    /// When to come back, as the instance's response says.
    var retryAfter: Duration?

    init(_ head: RequestHead, client: ServerExchange, sender: String, context: LoopContext, model: GatewayModel) {
        self.head = head
        self.client = client
        self.sender = sender
        self.context = context
        self.model = model
    }

    /// Checks the route's conditions and calls an instance.
    ///
    /// - Parameter path: The length of the path in the target.
    func begin(_ route: RouteModel, path: Int, info: ConnectionInfo) {
        self.route = route
        if let shedder = context.shedder {
            if let rejection = shedder.admit(route.priority, at: started) {
                return fail(shed(for: ShedReason(rejection.reason), retryAfter: rejection.retryAfter))
            }
            isAdmitted = true
        }
        switch TimeoutHeader.read(head.headers) {
        case .absent: break
        case .malformed: return answer(.malformedTimeout)
        case .milliseconds(let allowed):
            callerDeadline = started.advanced(by: .milliseconds(allowed))
            guard allowed > 0 else { return fail(Self.noTime) }
        }
        guard admit(to: route) else { return }
        if let hashing = route.service.hashing { findHash(hashing) }
        if route.isRewriting { rewrite(route, path: path) }
        model.forwarded.apply(to: &head.headers, from: info)
        HopByHop.removeFromRequest(&head.headers)
        if let whole = client.wholeBody {
            body = .whole(whole)
            receivedBytes = whole.readableBytes
        } else if client.hasBody {
            body = .stream(length: client.contentLength)
            streamsBody = true
            client.pauseReading()
        }
        let leg = UpstreamLeg(self)
        self.leg = leg
        client.receiver = self
        if let retrier = route.retrier {
            do throws(CallFailure) {
                _ = try retrier.begin(deadline: deadline(from: started))
            } catch {
                return fail(error)
            }
        }
        call(leg)
    }

    /// Counts that the request is refused for there being too many.
    func shed(for reason: ShedReason, retryAfter: Duration?) -> CallFailure {
        model.shed.count(route?.priority ?? .normal, reason)
        return reason.failure(retryAfter: retryAfter)
    }

    /// Whether the route lets the request through; otherwise it has been answered.
    private func admit(to route: RouteModel) -> Bool {
        var principal: Principal?
        if let scopes = route.scopes {
            do throws(AuthFailure) {
                principal = try model.tokens?.authenticate(authorization: head.headers.values(.authorization))
                try principal?.require(scopes: scopes)
            } catch {
                answer(GatewayProblem(error))
                return false
            }
            // The gateway isn't made without something that verifies tokens if a route asks for one.
            guard principal != nil else {
                answer(.noAuthenticator)
                return false
            }
        }
        if let limiter = route.limiter {
            let decision = limiter.check(
                client: sender, subject: principal?.subject ?? "", cost: route.cost, now: started)
            guard decision.isAllowed else {
                var problem = GatewayProblem(429, "rate_limited", "Too many requests")
                problem.retryAfter = decision.retryAfter
                answer(problem)
                return false
            }
        }
        if let breaker = route.breaker {
            do throws(CallFailure) {
                routePermit = try breaker.admit(now: started)
            } catch {
                fail(error)
                return false
            }
        }
        return true
    }

    /// What the instance is picked by: the same goes to the same one.
    private func findHash(_ balancing: InstanceBalancing) {
        switch balancing.hashBy {
        case .client: hash = XXHash64.hash(sender)
        case .header(let name): hash = HeaderName(name).flatMap { head.headers.withValue($0) { XXHash64.hash($0) } }
        case .cookie(let name):
            hash = StickyCookie.hash(head.headers, name: name)
            guard hash == nil, balancing.setsCookie else { return }
            let value = Hex.string(context.nextRandom())
            hash = XXHash64.hash(value)
            newCookie = StickyCookie.setting(name, to: value, isTLS: client.info.isTLS)
        }
    }

    private func rewrite(_ route: RouteModel, path: Int) {
        var target = head.target
        target = target.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            let path = UnsafeRawBufferPointer(rebasing: bytes[..<path])
            return String(decoding: route.rewritten(path) + bytes[path.count...], as: UTF8.self)
        }
        head.target = target
    }
}
