// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// A request and its answer, between a client that waits and an instance that serves.
///
/// The first result that reaches the client is the one that counts; what comes later is dropped.
final class SimulatedExchange: Sendable {
    typealias Answer = Result<SimulatedResponse, CallFailure>

    private struct State {
        var answer: Answer?
        var waiter: UnsafeContinuation<Answer, Never>?
        var deadline: VirtualTime.Timer?
        var task: Task<Void, Never>?
        /// Whether the instance knows that nobody waits any more; it may before the request is there.
        var isAbandoned = false
    }

    let request: SimulatedRequest
    /// As the instance sees it.
    let context: CallContext
    let client: String
    let instance: SimulatedInstance
    private let network: SimulatedNetwork
    private let state = Mutex(State())

    var attempt: Int { Int(context.attempt) }

    init(
        _ request: SimulatedRequest, in context: CallContext, from client: String, to instance: SimulatedInstance,
        over network: SimulatedNetwork
    ) {
        self.request = request
        self.context = context
        self.client = client
        self.instance = instance
        self.network = network
    }

    // What the client does.

    /// Waits for the answer; at most until the deadline or the task's cancellation.
    func result() async -> Answer {
        if let deadline = context.deadline {
            let timer = network.clock.schedule(at: deadline) { self.leave(.deadlineExceeded, "the deadline passed") }
            state.withLock { $0.deadline = timer }
        }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                let answer = state.withLock { state in
                    if state.answer == nil { state.waiter = waiter }
                    return state.answer
                }
                if let answer { waiter.resume(returning: answer) }
            }
        } onCancel: {
            leave(.cancelled, "the caller went away")
        }
    }

    private func leave(_ code: CallFailure.Code, _ message: String) {
        guard resolve(.failure(CallFailure(code, message, stage: .response, mayHaveReachedPeer: true))) else { return }
        // The instance notices that the connection is closed, if that news gets through.
        network.deliver(from: client, to: instance) {
            let task = self.state.withLock { state in
                state.isAbandoned = true
                return state.task
            }
            if self.instance.configuration.noticesLeavingClients { task?.cancel() }
        }
    }

    // What the instance does.

    func isServed(by task: Task<Void, Never>) {
        let isAbandoned = state.withLock { state in
            state.task = task
            return state.isAbandoned
        }
        if isAbandoned, instance.configuration.noticesLeavingClients { task.cancel() }
    }

    func answer(_ result: Answer) {
        network.deliver(from: client, to: instance) { self.resolve(result.mapError(Self.asSeenByClient)) }
    }

    /// No one listens.
    func refuse() {
        deliver(CallFailure(.connectFailed, "connection refused", stage: .connect, mayHaveReachedPeer: false))
    }

    /// The instance has crashed.
    func lose() {
        state.withLock { $0.task }?.cancel()
        deliver(CallFailure(.connectionLost, "connection reset", stage: .response, mayHaveReachedPeer: true))
    }

    private func deliver(_ failure: CallFailure) {
        network.deliver(from: client, to: instance) { self.resolve(.failure(failure)) }
    }

    @discardableResult
    private func resolve(_ answer: Answer) -> Bool {
        let before: State? = state.withLock { state in
            guard state.answer == nil else { return nil }
            let before = state
            state.answer = answer
            state.waiter = nil
            return before
        }
        guard let before else { return false }
        if let timer = before.deadline { network.clock.cancel(timer) }
        before.waiter?.resume(returning: answer)
        return true
    }

    /// What a failure inside the instance looks like from outside: a status.
    private static func asSeenByClient(_ failure: CallFailure) -> CallFailure {
        let status: Int
        if failure.code == .overloaded || failure.code == .breakerOpen || failure.code == .noInstance {
            status = 503
        } else if failure.code == .deadlineExceeded {
            status = 504
        } else {
            status = failure.code == .unexpectedStatus && failure.stage == .response ? failure.status ?? 500 : 502
        }
        return CallFailure(
            .unexpectedStatus, "the instance answered \(status): \(failure.message)", stage: .response, status: status,
            retryAfter: failure.retryAfter, mayHaveReachedPeer: true)
    }
}
