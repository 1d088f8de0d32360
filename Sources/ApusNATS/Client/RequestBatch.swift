// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Several requests whose answers are waited for together.
final class RequestBatch: Sendable {
    typealias Continuation = UnsafeContinuation<[PendingRequests.Outcome], Never>

    private struct State {
        var outcomes: [PendingRequests.Outcome]
        var missing: Int
    }

    private let state: Mutex<State>
    private let continuation: Continuation

    init(_ count: Int, _ continuation: Continuation) {
        state = Mutex(State(outcomes: .init(repeating: .failure(.closed), count: count), missing: count))
        self.continuation = continuation
    }

    /// Notes the end of one, each once; that of the last resumes who waits.
    func received(_ outcome: PendingRequests.Outcome, at index: Int) {
        let all = state.withLock { state -> [PendingRequests.Outcome]? in
            state.outcomes[index] = outcome
            state.missing -= 1
            return state.missing == 0 ? state.outcomes : nil
        }
        if let all { continuation.resume(returning: all) }
    }
}
