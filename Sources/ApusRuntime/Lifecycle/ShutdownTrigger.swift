// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Remembers the first reason to shut down, and wakes who waits for one.
final class ShutdownTrigger: Sendable {
    private struct State {
        var reason: ShutdownReason?
        var waiting: [CheckedContinuation<ShutdownReason, Never>] = []
    }

    private let state = Mutex(State())

    /// The first request, if there was one.
    var reason: ShutdownReason? { state.withLock { $0.reason } }

    /// Asks for a shutdown. Returns false if that was done before.
    @discardableResult
    func request(_ reason: ShutdownReason) -> Bool {
        let waiting = state.withLock { state -> [CheckedContinuation<ShutdownReason, Never>]? in
            guard state.reason == nil else { return nil }
            state.reason = reason
            defer { state.waiting = [] }
            return state.waiting
        }
        guard let waiting else { return false }
        for continuation in waiting { continuation.resume(returning: reason) }
        return true
    }

    /// Waits for the first request. A cancelled task waits on: whoever cancels makes a request.
    func wait() async -> ShutdownReason {
        await withCheckedContinuation { continuation in
            let reason = state.withLock { state in
                if state.reason == nil { state.waiting.append(continuation) }
                return state.reason
            }
            if let reason { continuation.resume(returning: reason) }
        }
    }
}
