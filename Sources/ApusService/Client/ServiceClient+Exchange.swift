// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusHTTP
import ApusResilience

extension ServiceClient {
    /// Sends the request to an instance, and to others as far as that is safe.
    func exchange(_ outgoing: OutgoingRequest, _ context: CallContext) async throws(CallFailure) -> HTTPResponse {
        var call = BalancedCall()
        var context = context
        var attempts = 0
        var wasRepeated = false
        var lastFailure: CallFailure?
        var rejection: CallFailure?
        try await waitForInstances(context)
        while let selection = try pick(for: call) {
            context.attempt = UInt8(clamping: attempts + 1)
            var failure: CallFailure
            do throws(CallFailure) {
                return try await send(outgoing, context, to: selection)
            } catch {
                failure = error
            }
            call.excluded.append(selection.candidate)
            if failure.code == .breakerOpen {
                // Nothing was attempted. The instance that comes back first says when to try again.
                if failure.retryAfter ?? .zero < rejection?.retryAfter ?? .seconds(1 << 40) { rejection = failure }
                continue
            }
            attempts += 1
            failure.attempts = attempts
            lastFailure = failure
            guard attempts < configuration.maximumAttempts, !Task.isCancelled else { throw failure }
            guard failure.code == .connectFailed || failure.code == .connectionLost else { throw failure }
            if failure.mayHaveReachedPeer {
                guard outgoing.isRepeatable, !wasRepeated else { throw failure }
                wasRepeated = true
            }
        }
        throw lastFailure ?? rejection ?? noInstance("no instance of \(service) is known")
    }

    private typealias Selection = Balancer<InstanceTarget, RoundRobin>.Selection

    /// Makes one attempt. What became of it is recorded with the instance's breaker.
    ///
    /// - Throws: also `breaker_open`, if the instance is suspended.
    private func send(
        _ outgoing: OutgoingRequest, _ context: CallContext, to selection: Selection
    ) async throws(CallFailure) -> HTTPResponse {
        let target = selection.target
        let request = try outgoing.request(in: context, at: time.now)
        let http = http
        return try await target.breaker.call(judging: { CallOutcome(status: $0.status.code) }) {
            () async throws(CallFailure) in
            try await http.send(request, to: target.endpoint, context: context)
        }
    }

    private func pick(for call: BalancedCall) throws(CallFailure) -> Selection? {
        do {
            return try instances.pick(for: call)
        } catch {
            throw noInstance("\(error)")
        }
    }

    /// Waits for the registry's first answer if there is none yet.
    private func waitForInstances(_ context: CallContext) async throws(CallFailure) {
        let isEmpty: Bool
        do {
            isEmpty = try instances.isEmpty()
        } catch {
            throw noInstance("\(error)")
        }
        guard isEmpty else { return }
        let remaining = context.remaining(at: time.now) ?? configuration.resolveTimeout
        await instances.resolved(within: min(remaining, configuration.resolveTimeout))
    }

    private func noInstance(_ message: String) -> CallFailure {
        CallFailure(.noInstance, message, stage: .admission, service: service, mayHaveReachedPeer: false)
    }
}
