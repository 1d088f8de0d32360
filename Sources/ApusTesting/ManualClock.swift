// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// A clock that stands still until it is moved, for tests without sleeping.
///
/// Whoever sleeps on it is resumed by the ``advance(by:)`` that reaches its end. It starts at an arbitrary instant.
public final class ManualClock: Sendable {
    private struct Sleeper {
        let id: UInt64
        let end: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var now: Instant
        var sleepers: [Sleeper] = []
        var nextID: UInt64 = 0
        var cancelled: Set<UInt64> = []
    }

    private let state: Mutex<State>

    /// A clock that stands at `start`.
    public init(startingAt start: Instant = Instant(nanoseconds: 1_000_000_000_000)) {
        state = Mutex(State(now: start))
    }

    /// Where it stands.
    public var now: Instant { state.withLock { $0.now } }

    /// The clock as drivers take it.
    public var timeSource: TimeSource {
        TimeSource {
            self.now
        } sleepingUntil: { (end) throws(CancellationError) in
            do { try await self.sleep(for: self.now.duration(to: end)) } catch { throw CancellationError() }
        }
    }

    /// How many tasks sleep.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// Moves the clock and resumes those whose time has come, earliest first.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let now = state.now
            let due = state.sleepers.filter { $0.end <= now }.sorted { $0.end < $1.end }
            state.sleepers.removeAll { $0.end <= now }
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Suspends until the clock was moved by `duration`.
    ///
    /// - Throws: `CancellationError` if the task is cancelled meanwhile.
    public func sleep(for duration: Duration) async throws {
        let (id, end) = state.withLock { state in
            state.nextID += 1
            return (state.nextID, state.now.advanced(by: duration))
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if end <= state.now { return .success(()) }
                    state.sleepers.append(Sleeper(id: id, end: end, continuation: continuation))
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                if let index = state.sleepers.firstIndex(where: { $0.id == id }) {
                    return state.sleepers.remove(at: index)
                }
                state.cancelled.insert(id)
                return nil
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
        state.withLock { _ = $0.cancelled.remove(id) }
    }
}
