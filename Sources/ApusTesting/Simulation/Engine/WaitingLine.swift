// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Tasks of a simulation that wait for their turn, first come, first served. One that is cancelled leaves the line.
final class WaitingLine: Sendable {
    private struct State {
        var numbers: UInt64 = 0
        var head: UInt64 = 1
        var waiting: [UInt64: UnsafeContinuation<Bool, Never>] = [:]
    }

    private let state = Mutex(State())

    /// How many wait.
    var count: Int { state.withLock { $0.waiting.count } }

    /// Suspends until it is this one's turn.
    ///
    /// - Returns: whether it is; false if the task was cancelled.
    func wait() async -> Bool {
        let number = state.withLock { state in
            state.numbers += 1
            return state.numbers
        }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let isCancelled = Task.isCancelled
                if !isCancelled { state.withLock { $0.waiting[number] = continuation } }
                if isCancelled { continuation.resume(returning: false) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: false)
        }
    }

    /// Tells the first that it is its turn.
    ///
    /// - Returns: whether anyone waited.
    func admitFirst() -> Bool {
        let first = state.withLock { state -> UnsafeContinuation<Bool, Never>? in
            while state.head <= state.numbers {
                defer { state.head += 1 }
                if let continuation = state.waiting.removeValue(forKey: state.head) { return continuation }
            }
            return nil
        }
        first?.resume(returning: true)
        return first != nil
    }

    /// Tells all that wait now.
    func admitAll() {
        for _ in 0..<count where !admitFirst() { return }
    }
}
