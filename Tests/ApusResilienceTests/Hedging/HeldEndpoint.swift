// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// An endpoint whose attempts end when the test says so.
final class HeldEndpoint: Endpoint {
    private struct Attempt {
        let request: ScriptedRequest
        let context: CallContext
        var waiter: CheckedContinuation<Result<Int, CallFailure>, Never>?
        var isCancelled = false
    }

    private struct State {
        var attempts: [Attempt] = []
        var watchers: [(isDue: @Sendable ([Attempt]) -> Bool, tell: CheckedContinuation<Void, Never>)] = []

        mutating func takeWatchers() -> [CheckedContinuation<Void, Never>] {
            let attempts = attempts
            let ready = watchers.filter { $0.isDue(attempts) }.map(\.tell)
            watchers.removeAll { $0.isDue(attempts) }
            return ready
        }
    }

    private let state = Mutex(State())
    private let heeds: Bool

    /// - Parameter heeds: whether an attempt ends when it is cancelled.
    init(heedingCancellation heeds: Bool = true) {
        self.heeds = heeds
    }

    var requests: [ScriptedRequest] { state.withLock { $0.attempts.map(\.request) } }
    var contexts: [CallContext] { state.withLock { $0.attempts.map(\.context) } }
    var calls: Int { state.withLock { $0.attempts.count } }

    /// Suspends until so many attempts have begun.
    func began(_ count: Int) async {
        await watch { $0.count >= count }
    }

    /// Suspends until the attempt, counted from 1, is cancelled.
    func cancelled(_ attempt: Int) async {
        await watch { $0.count >= attempt && $0[attempt - 1].isCancelled }
    }

    /// Ends an attempt, counted from 1, that has begun.
    func end(_ attempt: Int, _ result: Result<Int, CallFailure>) {
        let waiter = state.withLock { state in
            defer { state.attempts[attempt - 1].waiter = nil }
            return state.attempts[attempt - 1].waiter
        }
        waiter?.resume(returning: result)
    }

    func call(_ request: ScriptedRequest, in context: CallContext) async throws(CallFailure) -> Int {
        let index = state.withLock { state in
            state.attempts.append(Attempt(request: request, context: context))
            return state.attempts.count - 1
        }
        let result: Result<Int, CallFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let ready = state.withLock { state in
                    state.attempts[index].waiter = waiter
                    return state.takeWatchers()
                }
                for watcher in ready { watcher.resume() }
                if Task.isCancelled { cancel(index) }
            }
        } onCancel: {
            cancel(index)
        }
        return try result.get()
    }

    private func cancel(_ index: Int) {
        let ready = state.withLock { state in
            state.attempts[index].isCancelled = true
            return state.takeWatchers()
        }
        for watcher in ready { watcher.resume() }
        if heeds {
            end(index + 1, .failure(CallFailure(.cancelled, "gone", stage: .response, mayHaveReachedPeer: true)))
        }
    }

    private func watch(_ isDue: @escaping @Sendable ([Attempt]) -> Bool) async {
        await withCheckedContinuation { tell in
            let ready = state.withLock { state in
                state.watchers.append((isDue, tell))
                return state.takeWatchers()
            }
            for watcher in ready { watcher.resume() }
        }
    }
}
