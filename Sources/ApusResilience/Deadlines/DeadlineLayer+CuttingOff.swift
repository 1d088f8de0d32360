// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension DeadlineLayer {
    /// Makes the call and doesn't wait for it past its deadline.
    @usableFromInline
    func cuttingOff(
        _ request: Upstream.Request, in context: CallContext
    ) async throws(CallFailure) -> Upstream.Response {
        guard counters.stragglers.count < counters.maximumStragglers else { throw counters.reject() }
        let race = AttemptRace<Upstream.Response>(stragglers: counters.stragglers)
        defer { race.close() }
        race.start(1) { [upstream] () async throws(CallFailure) in
            try await upstream.call(request, in: context)
        }
        switch await race.first(by: context.deadline, of: time) {
        case .ended(_, let result):
            return try result.get()
        case .woken:
            counters.countCut()
            throw CallFailure(
                .deadlineExceeded, "the call was cut off at its deadline", stage: .response, mayHaveReachedPeer: true)
        case .cancelled:
            throw CallFailure(.cancelled, "the caller went away", stage: .response, mayHaveReachedPeer: true)
        }
    }
}

extension DeadlineCounters {
    /// Counts a call that has no time left.
    @usableFromInline
    func refuse() -> CallFailure {
        countRefusal()
        return CallFailure(
            .deadlineExceeded, "no time is left for the call", stage: .admission, mayHaveReachedPeer: false)
    }

    /// Counts a call that is rejected because too many that were cut off go on.
    func reject() -> CallFailure {
        countRejection()
        return CallFailure(
            .overloaded, "too many calls go on past their deadline", stage: .admission, retryAfter: .seconds(1),
            mayHaveReachedPeer: false)
    }
}
