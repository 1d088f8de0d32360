// SPDX-License-Identifier: Apache-2.0
internal import ApusMessaging
internal import ApusRedis
internal import Synchronization

/// Sends what several tasks append at the same time in common scripts: what comes while the server works goes along next.
final class AppendLane: Sendable {
    typealias Result = Swift.Result<String, MessagingError>

    /// What one call of `append` brings.
    struct Call: Sendable {
        /// What the script is told of it.
        enum Part: Sendable {
            /// One message that may go along with others of its kind.
            case single(AppendItem)
            /// What is stored as a whole or not at all.
            case whole([RedisArgument])
        }

        let part: Part
        let entries: Int
        let bytes: Int
    }

    private struct Waiting {
        let call: Call
        let continuation: CheckedContinuation<Result, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        /// Of those that wait.
        var entries = 0
        var bytes = 0
        var workers = 0
    }

    /// How often others get their turn before a script leaves: some microseconds in all.
    private static let mostYields = 16
    /// What goes along in one script, unless one call alone is more.
    private static let mostEntries = 256
    private static let mostBytes = 1 << 20
    private let maximum: Int
    private let maximumBytes: Int
    private let state = Mutex(State())

    init(maximum: Int, maximumBytes: Int) {
        self.maximum = maximum
        self.maximumBytes = maximumBytes
    }

    /// Calls that nothing was sent of yet.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Appends along with others; gives what the script answers for the call. Isn't cancelled with the task.
    ///
    /// - Parameter send: runs the script for several calls; gives its answer for each.
    func append(
        _ call: Call, _ send: @escaping @Sendable ([Call]) async throws(MessagingError) -> [String]
    ) async throws(MessagingError) -> String {
        let result = await withCheckedContinuation { continuation in
            let (isFull, begins) = state.withLock { state -> (Bool, Bool) in
                guard state.waiting.count < maximum, state.bytes + call.bytes <= maximumBytes || state.waiting.isEmpty
                else { return (true, false) }
                state.waiting.append(Waiting(call: call, continuation: continuation))
                state.entries += call.entries
                state.bytes += call.bytes
                // A second script leaves before the first is answered only if it is full.
                guard state.workers == 0 || state.workers == 1 && state.entries >= Self.mostEntries else {
                    return (false, false)
                }
                state.workers += 1
                return (false, true)
            }
            if isFull {
                continuation.resume(
                    returning: .failure(
                        MessagingError(
                            .overloaded, "too many messages wait for Redis already", retryAfter: .milliseconds(100))))
            }
            // Detached: the deadline of one caller isn't that of all.
            if begins { Task.detached { await self.work(send) } }
        }
        return try result.get()
    }

    private func work(_ send: @Sendable ([Call]) async throws(MessagingError) -> [String]) async {
        while let batch = next() {
            do throws(MessagingError) {
                let answers = try await send(batch.map(\.call))
                for (waiting, answer) in zip(batch, answers) {
                    waiting.continuation.resume(returning: .success(answer))
                }
            } catch {
                for waiting in batch { waiting.continuation.resume(returning: .failure(error)) }
                if error.code == .unavailable { failAll(error) }
            }
            await gather(batch.count)
        }
    }

    /// Lets those who had their answer come again, before the next script leaves: as many as went along in the last.
    private func gather(_ count: Int) async {
        for _ in 0..<Self.mostYields where waiting < count { await Task.yield() }
    }

    /// What goes along next, or nil, after which this worker ends.
    private func next() -> [Waiting]? {
        state.withLock { state in
            var (count, entries, bytes) = (0, 0, 0)
            for waiting in state.waiting {
                entries += waiting.call.entries
                bytes += waiting.call.bytes
                if count > 0, entries > Self.mostEntries || bytes > Self.mostBytes {
                    entries -= waiting.call.entries
                    bytes -= waiting.call.bytes
                    break
                }
                count += 1
            }
            guard count > 0 else {
                state.workers -= 1
                return nil
            }
            let batch = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            state.entries -= entries
            state.bytes -= bytes
            return batch
        }
    }

    /// Nobody waits for a server that isn't there any longer than the first to find out.
    private func failAll(_ error: MessagingError) {
        let waiting = state.withLock { state in
            defer { (state.waiting, state.entries, state.bytes) = ([], 0, 0) }
            return state.waiting
        }
        for waiting in waiting { waiting.continuation.resume(returning: .failure(error)) }
    }
}
