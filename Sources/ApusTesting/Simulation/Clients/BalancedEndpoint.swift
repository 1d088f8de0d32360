// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusResilience

/// Sends each attempt to an instance that the balancer picks, and to the next if a circuit breaker is in the way. A lease
/// is held while the attempt lasts, and what became of it is told to the outlier detection and the policy.
struct BalancedEndpoint: Endpoint {
    let balancer: Balancer<SimulatedTarget, SeededPolicy>
    let outliers: OutlierDetection?
    let time: TimeSource

    func call(
        _ request: SimulatedRequest, in context: CallContext
    ) async throws(CallFailure) -> SimulatedResponse {
        var call = BalancedCall(hash: request.key, excluding: request.excluded)
        var rejection: CallFailure?
        var next = balancer.pick(for: call)
        if next == nil, !call.excluded.isEmpty {
            // Who was tried already is better than no one.
            call.excluded = []
            next = balancer.pick(for: call)
        }
        while let selection = next {
            do throws(CallFailure) {
                return try await send(request, in: context, to: selection)
            } catch {
                guard error.code == .breakerOpen else { throw error }
                call.excluded.append(selection.candidate)
                if error.retryAfter ?? .zero < rejection?.retryAfter ?? .seconds(1 << 30) { rejection = error }
                next = balancer.pick(for: call)
            }
        }
        throw rejection
            ?? CallFailure(.noInstance, "no instance is known", stage: .admission, mayHaveReachedPeer: false)
    }

    private func send(
        _ request: SimulatedRequest, in context: CallContext,
        to selection: Balancer<SimulatedTarget, SeededPolicy>.Selection
    ) async throws(CallFailure) -> SimulatedResponse {
        let candidate = selection.candidate
        let lease = candidate.lease()
        defer { Self.end(lease) }
        // Before the end, because a hedge is sent before it.
        request.tries(candidate)
        let start = time.now
        do throws(CallFailure) {
            let response = try await selection.target.endpoint.call(request, in: context)
            ended(.success, of: candidate, since: start)
            return response
        } catch {
            ended(Self.outcome(of: error), of: candidate, since: start)
            throw error
        }
    }

    private func ended(_ outcome: OutlierOutcome, of candidate: Candidate, since start: Instant) {
        let now = time.now
        outliers?.record(outcome, of: candidate, now: now)
        if outcome != .cancelled { balancer.observe(start.duration(to: now), of: candidate, now: now) }
    }

    /// What a failure says about the instance.
    private static func outcome(of failure: CallFailure) -> OutlierOutcome {
        if failure.code == .cancelled || failure.stage == .admission || Task.isCancelled { return .cancelled }
        guard failure.code == .unexpectedStatus, let status = failure.status else { return .gatewayFailure }
        if status < 500 { return .success }
        return (502...504).contains(status) ? .gatewayFailure : .failure
    }

    private static func end(_ lease: borrowing CandidateLease) {}
}
