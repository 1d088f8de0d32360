// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Waits for work, but not forever: a shutdown must end, whatever hangs.
enum BoundedWait {
    enum Outcome: Sendable {
        case finished
        case failed(any Error)
        /// The time was over; the work was cancelled and may still be running.
        case timedOut
    }

    /// Runs `work` in a task of its own and waits for it, for at most `limit`.
    static func run(within limit: Duration, _ work: @escaping @Sendable () async throws -> Void) async -> Outcome {
        await wait(for: Task { try await work() }, within: limit)
    }

    /// Waits for `task` for at most `limit`, then cancels it.
    static func wait(for task: Task<Void, any Error>, within limit: Duration) async -> Outcome {
        await withCheckedContinuation { continuation in
            let once = Once(continuation)
            let timer = Task {
                // Cancelled when the work ended in time.
                do { try await Task.sleep(for: limit) } catch { return }
                if once.resume(.timedOut) { task.cancel() }
            }
            Task {
                switch await task.result {
                case .success: _ = once.resume(.finished)
                case .failure(let error): _ = once.resume(.failed(error))
                }
                timer.cancel()
            }
        }
    }

    private final class Once: Sendable {
        private let continuation: Mutex<CheckedContinuation<Outcome, Never>?>

        init(_ continuation: CheckedContinuation<Outcome, Never>) {
            self.continuation = Mutex(continuation)
        }

        /// Returns whether this was the first call.
        func resume(_ outcome: Outcome) -> Bool {
            let continuation = continuation.withLock { continuation in
                defer { continuation = nil }
                return continuation
            }
            continuation?.resume(returning: outcome)
            return continuation != nil
        }
    }
}
