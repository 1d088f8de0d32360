// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience

/// Sends a call to one of the instances: picks it, asks its breaker, and records what became of the call with the breaker,
/// the balancer and the outlier detection, once, when its last byte is in.
///
/// An instance whose breaker rejects the call is passed over. Those that earlier attempts went to are avoided as long as
/// there are others.
struct InstanceEndpoint<Transport: Endpoint>: Endpoint
where Transport.Request == InstanceRequest, Transport.Response == Answer {
    let service: String
    let instances: ServiceInstances
    let resolveTimeout: Duration
    let time: TimeSource
    let transport: Transport

    func call(_ request: ClientRequest, in context: CallContext) async throws(CallFailure) -> Answer {
        if instances.isEmpty {
            // The registry may not have answered yet.
            let remaining = context.remaining(at: time.now) ?? resolveTimeout
            await instances.resolved(within: min(remaining, resolveTimeout))
        }
        var rejected: [Candidate] = []
        var rejection: CallFailure?
        for avoided in request.avoided.isEmpty ? [[]] : [request.avoided, []] {
            while let selection = instances.pick(for: BalancedCall(excluding: avoided + rejected)) {
                let permit: CircuitBreakerPermit
                do throws(CallFailure) {
                    permit = try selection.target.breaker.admit()
                } catch {
                    rejected.append(selection.candidate)
                    // The instance that comes back first says when to try again.
                    let first = rejection?.retryAfter ?? .seconds(1 << 40)
                    if error.retryAfter ?? .zero < first { rejection = error }
                    continue
                }
                request.note(selection.candidate)
                return try await send(request, context, to: selection, permit)
            }
        }
        throw rejection
            ?? CallFailure(
                .noInstance, instances.isEmpty ? "no instance of \(service) is known" : "no instance is usable",
                stage: .admission, service: service, retryAfter: .seconds(1), mayHaveReachedPeer: false)
    }

    private func send(
        _ request: ClientRequest, _ context: CallContext, to selection: ServiceInstances.Selection,
        _ permit: consuming CircuitBreakerPermit
    ) async throws(CallFailure) -> Answer {
        let lease = selection.candidate.lease()
        let breaker = selection.target.breaker
        let began = time.now
        do throws(CallFailure) {
            let outgoing = try request.outgoing.request(in: context, at: began)
            let answer = try await transport.call(
                InstanceRequest(request: outgoing, origin: selection.target.endpoint, service: service), in: context)
            let now = time.now
            let outcome = answer.outcome
            breaker.record(permit, outcome, now: now)
            instances.record(
                outcome.isFailure ? answer.isFromGateway ? .gatewayFailure : .failure : .success,
                latency: began.duration(to: now), of: lease.candidate, now: now)
            return answer
        } catch {
            let now = time.now
            let outcome = Task.isCancelled ? .cancelled : CallOutcome(error)
            breaker.record(permit, outcome, now: now)
            instances.record(
                outcome.isFailure ? .gatewayFailure : .cancelled, latency: began.duration(to: now),
                of: lease.candidate, now: now)
            throw error
        }
    }
}

extension Answer {
    /// What it says about the instance.
    var outcome: CallOutcome { CallOutcome(status: response.status.code, retryAfter: retryAfter) }

    /// Whether it says that the instance couldn't answer, rather than what it had to say.
    fileprivate var isFromGateway: Bool { (502...504).contains(response.status.code) }

    /// When to come back, if the answer says so in seconds.
    var retryAfter: Duration? {
        guard response.status.code == 503 || response.status.code == 429 else { return nil }
        return response.headers[.retryAfter].flatMap { Int64($0) }.flatMap { $0 >= 0 ? .seconds($0) : nil }
    }

    /// The failure that it is for who may try again; nil if there is nothing to mend.
    var failure: CallFailure? {
        let status = response.status.code
        guard status >= 500 || status == 429 else { return nil }
        return CallFailure(
            .unexpectedStatus, "\(service) answered \(response.status)", stage: .response, service: service,
            status: status, retryAfter: retryAfter, mayHaveReachedPeer: true)
    }
}
