// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// A clock that only the test moves, and that wakes those who sleep on it.
final class SteppedTime: Sendable {
    private struct State {
        var now = Instant(nanoseconds: 1_000_000_000_000)
        var sleepers: [Int: (until: Instant, continuation: CheckedContinuation<Bool, Never>)] = [:]
        var cancelled: Set<Int> = []
        var nextSleeper = 0
    }

    private let state = Mutex(State())

    var now: Instant { state.withLock { $0.now } }

    /// How many sleep.
    var sleepers: Int { state.withLock { $0.sleepers.count } }

    var source: TimeSource {
        TimeSource(
            { self.now }, sleepingUntil: { (instant) throws(CancellationError) in try await self.wait(until: instant) })
    }

    /// Moves the clock and wakes those whose time has come.
    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.sorted { $0.until < $1.until }.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: true) }
    }

    private func wait(until instant: Instant) async throws(CancellationError) {
        let number = state.withLock { state in
            state.nextSleeper += 1
            return state.nextSleeper
        }
        let isDue = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let result = state.withLock { state -> Bool? in
                    if state.cancelled.remove(number) != nil { return false }
                    if instant <= state.now { return true }
                    state.sleepers[number] = (instant, continuation)
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard let sleeper = state.sleepers.removeValue(forKey: number) else {
                    state.cancelled.insert(number)
                    return nil
                }
                return sleeper.continuation
            }
            continuation?.resume(returning: false)
        }
        if !isDue { throw CancellationError() }
    }
}

/// Waits until `condition` holds, letting other tasks run.
func eventually(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
}
