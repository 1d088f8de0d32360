// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusResilience

extension ServiceClient {
    /// Sends the request to an instance, and to others as far as that is safe.
    func exchange(_ outgoing: OutgoingRequest, _ context: CallContext) async throws(CallFailure) -> HTTPResponse {
        var tried: [Candidate] = []
        var lastFailure: CallFailure?
        var wasRepeated = false
        let first = try await knownCandidates(context)
        while true {
            guard let admission = try admit(first, except: tried, lastFailure) else { throw lastFailure ?? noInstance() }
            tried.append(admission.candidate)
            var attempt = context
            attempt.attempt = UInt8(clamping: tried.count)
            var failure: CallFailure
            switch await send(outgoing, attempt, admission) {
            case .success(let response): return response
            case .failure(let reason): failure = reason
            }
            failure.attempts = tried.count
            lastFailure = failure
            guard tried.count < configuration.maximumAttempts, !Task.isCancelled else { throw failure }
            guard failure.code == .connectFailed || failure.code == .connectionLost else { throw failure }
            if failure.mayHaveReachedPeer {
                guard outgoing.isRepeatable, !wasRepeated else { throw failure }
                wasRepeated = true
            }
        }
    }

    /// One attempt. What became of it is recorded with the instance's breaker.
    private func send(
        _ outgoing: OutgoingRequest, _ context: CallContext, _ admission: consuming Admission
    ) async -> Result<HTTPResponse, CallFailure> {
        let candidate = admission.candidate
        let permit = admission.permit
        do throws(CallFailure) {
            let request = try outgoing.request(in: context, at: time.now)
            let response = try await http.send(request, to: candidate.endpoint, context: context)
            candidate.breaker.record(permit, CallOutcome(status: response.status.code))
            return .success(response)
        } catch {
            candidate.breaker.record(permit, Task.isCancelled ? .cancelled : CallOutcome(error))
            return .failure(error)
        }
    }

    private func knownCandidates(_ context: CallContext) async throws(CallFailure) -> [Candidate] {
        do {
            let known = try candidates.current()
            if !known.isEmpty { return known }
            let remaining = context.remaining(at: time.now) ?? configuration.resolveTimeout
            await candidates.resolved(within: min(remaining, configuration.resolveTimeout))
            return try candidates.current()
        } catch {
            throw CallFailure(.noInstance, "\(error)", stage: .admission, service: service, mayHaveReachedPeer: false)
        }
    }

    /// The next instance whose breaker lets the call through.
    ///
    /// - Returns: nil if every instance was tried.
    /// - Throws: `breaker_open` if all that are left are suspended and none was tried.
    private func admit(
        _ list: [Candidate], except tried: [Candidate], _ lastFailure: CallFailure?
    ) throws(CallFailure) -> Admission? {
        let now = time.now
        let start = candidates.turn()
        var rejection: CallFailure?
        for offset in list.indices {
            let candidate = list[(start + offset) % list.count]
            if tried.contains(where: { $0 === candidate }) { continue }
            do throws(CallFailure) {
                return Admission(candidate: candidate, permit: try candidate.breaker.admit(now: now))
            } catch {
                if (error.retryAfter ?? .zero) < (rejection?.retryAfter ?? .seconds(Int64.max / 2_000_000_000)) {
                    rejection = error
                }
            }
        }
        if lastFailure == nil, let rejection { throw rejection }
        return nil
    }

    private func noInstance() -> CallFailure {
        CallFailure(
            .noInstance, "no instance of \(service) is known", stage: .admission, service: service,
            mayHaveReachedPeer: false)
    }
}

/// An instance, and the permit of its breaker to call it.
private struct Admission: ~Copyable {
    let candidate: Candidate
    let permit: CircuitBreakerPermit
}
