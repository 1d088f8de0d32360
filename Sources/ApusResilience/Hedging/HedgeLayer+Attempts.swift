// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension HedgeLayer {
    /// Makes a call whose first attempt begins at `start`.
    @usableFromInline
    func hedged(
        _ request: Upstream.Request, in context: CallContext, _ state: HedgeState, since start: Instant
    ) async throws(CallFailure) -> Upstream.Response {
        let race = AttemptRace<Upstream.Response>(stragglers: hedger.stragglers)
        var state = state
        var winner: Int?
        defer {
            race.close()
            hedger.end(state, winner: winner)
        }
        var request = request
        var isFirstOut = true
        var refusal: Upstream.Response?
        begin(1, request, in: context, race)
        var decision = HedgeDecision.wait(until: state.next)
        while true {
            var due: Instant?
            switch decision {
            case .wait(let until):
                due = until
            case .send(let until):
                request.prepare(
                    for: RepeatedAttempt(number: state.sent, avoidsPrevious: true, failure: state.failure))
                begin(state.sent, request, in: context, race)
                due = until
            case .giveUp:
                if let refusal { return refusal }
                throw state.failure ?? cancelled(state)
            }
            switch await race.first(by: due, of: hedger.time) {
            case .woken:
                decision = advance(&state, request, now: hedger.time.now)
            case .cancelled:
                throw cancelled(state)
            case .ended(let attempt, .success(let response)):
                let now = hedger.time.now
                guard let failure = judge(response) else {
                    winner = attempt
                    if isFirstOut { hedger.record(since: start, now: now) }
                    return response
                }
                if attempt == 1 { isFirstOut = false }
                refusal = response
                decision = fail(&state, request, failure, now: now)
            case .ended(let attempt, .failure(let failure)):
                if attempt == 1 { isFirstOut = false }
                if failure.stage != .admission { refusal = nil }
                decision = fail(&state, request, failure, now: hedger.time.now)
            }
        }
    }

    private func begin(
        _ attempt: Int, _ request: Upstream.Request, in context: CallContext, _ race: AttemptRace<Upstream.Response>
    ) {
        var context = context
        context.attempt = UInt8(clamping: Int(context.attempt) + attempt - 1)
        race.start(attempt) { [upstream, context] () async throws(CallFailure) in
            try await upstream.call(request, in: context)
        }
    }

    private func advance(
        _ state: inout HedgeState, _ request: Upstream.Request, now: Instant
    ) -> HedgeDecision {
        stopIfNeeded(&state, request)
        return state.advance(to: now) { hedger.withdraw(now: now) }
    }

    private func fail(
        _ state: inout HedgeState, _ request: Upstream.Request, _ failure: CallFailure, now: Instant
    ) -> HedgeDecision {
        stopIfNeeded(&state, request)
        return state.fail(failure, now: now) { hedger.withdraw(now: now) }
    }

    private func stopIfNeeded(_ state: inout HedgeState, _ request: Upstream.Request) {
        if !request.isRepeatable { state.stop(.notRepeatable) }
        if hedger.stragglers.count >= hedger.configuration.maximumStragglers { state.stop(.stragglers) }
    }

    private func cancelled(_ state: HedgeState) -> CallFailure {
        CallFailure(
            .cancelled, "the caller went away", stage: .response, service: state.failure?.service,
            attempts: state.sent, mayHaveReachedPeer: true)
    }
}
