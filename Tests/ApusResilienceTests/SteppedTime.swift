// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// A clock that can be waited on: it moves when the test says so, or to the moment that is waited for.
final class SteppedTime: Sendable {
    private struct Sleeper {
        let id: Int
        let until: Instant
        let wake: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var now = Instant(nanoseconds: 1_000_000_000_000)
        var lastID = 0
        var sleepers: [Sleeper] = []
        var sleeps: [Duration] = []
        var watchers: [(count: Int, tell: CheckedContinuation<Void, Never>)] = []

        mutating func takeWatchers() -> [CheckedContinuation<Void, Never>] {
            let ready = watchers.filter { $0.count <= sleepers.count }.map(\.tell)
            watchers.removeAll { $0.count <= sleepers.count }
            return ready
        }
    }

    private let state = Mutex(State())
    private let skips: Bool

    /// - Parameter skips: whether who waits gets the moment at once, and the clock moves there. Default: no.
    init(skipping skips: Bool = false) {
        self.skips = skips
    }

    var now: Instant { state.withLock { $0.now } }

    /// How many wait at the moment.
    var waiting: Int { state.withLock { $0.sleepers.count } }

    /// Every pause that was asked for.
    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    var source: TimeSource {
        TimeSource {
            self.now
        } sleepingUntil: { (instant) throws(CancellationError) in
            try await self.wait(until: instant)
        }
    }

    /// Moves the clock and wakes who is due.
    func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let now = state.now
            let due = state.sleepers.filter { $0.until <= now }
            state.sleepers.removeAll { $0.until <= now }
            return due
        }
        for sleeper in due { sleeper.wake.resume(returning: true) }
    }

    /// Suspends until so many wait for this clock.
    func sleepers(_ count: Int) async {
        await withCheckedContinuation { tell in
            let ready = state.withLock { state in
                state.watchers.append((count, tell))
                return state.takeWatchers()
            }
            for watcher in ready { watcher.resume() }
        }
    }

    private func wait(until instant: Instant) async throws(CancellationError) {
        let id = state.withLock { state in
            state.lastID += 1
            state.sleeps.append(state.now.duration(to: instant))
            if skips { state.now = max(state.now, instant) }
            return state.lastID
        }
        let isDue = await withTaskCancellationHandler {
            await withCheckedContinuation { wake in
                let (answer, ready): (Bool?, [CheckedContinuation<Void, Never>]) = state.withLock { state in
                    if Task.isCancelled { return (false, []) }
                    if state.now >= instant { return (true, []) }
                    state.sleepers.append(Sleeper(id: id, until: instant, wake: wake))
                    return (nil, state.takeWatchers())
                }
                if let answer { wake.resume(returning: answer) }
                for watcher in ready { watcher.resume() }
            }
        } onCancel: {
            let cancelled = state.withLock { state in
                let sleeper = state.sleepers.first { $0.id == id }
                state.sleepers.removeAll { $0.id == id }
                return sleeper
            }
            cancelled?.wake.resume(returning: false)
        }
        if !isDue { throw CancellationError() }
    }
}
