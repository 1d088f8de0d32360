// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// The clock of a simulation: it stands still while anything can run, and then moves to the next moment that something
/// waits for.
///
/// Of several that wait for the same moment, the one that came first goes first.
final class VirtualTime: Sendable {
    /// Where every simulation begins.
    static let start = Instant(nanoseconds: 1_000_000_000_000)

    /// Something that waits for a moment.
    struct Timer: Sendable, Hashable {
        let number: UInt64
    }

    private struct Action {
        let run: @Sendable () -> Void
        /// Whether it ends a sleep, which is to be ended also when the simulation is.
        let isSleep: Bool
    }

    private struct State {
        var now = VirtualTime.start
        var numbers: UInt64 = 0
        var queue = TimerQueue()
        var actions: [UInt64: Action] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let executor: SimulationExecutor

    init(executor: SimulationExecutor) {
        self.executor = executor
    }

    var now: Instant {
        executor.checkThread()
        return state.withLock { $0.now }
    }

    /// The clock as layers and drivers take it.
    var source: TimeSource {
        TimeSource {
            self.now
        } sleepingUntil: { (instant) throws(CancellationError) in
            try await self.sleep(until: instant)
        }
    }

    /// Has `action` done at `instant`; as soon as possible if that has passed, never if the simulation ends before.
    @discardableResult
    func schedule(at instant: Instant, _ action: @escaping @Sendable () -> Void) -> Timer {
        schedule(Action(run: action, isSleep: false), at: instant)
    }

    private func schedule(_ action: Action, at instant: Instant) -> Timer {
        executor.checkThread()
        return state.withLock { state in
            state.numbers += 1
            guard !state.isClosed else { return Timer(number: state.numbers) }
            state.queue.insert(max(instant, state.now), number: state.numbers)
            state.actions[state.numbers] = action
            return Timer(number: state.numbers)
        }
    }

    /// Takes back what was scheduled, unless it was done already.
    func cancel(_ timer: Timer) {
        let action = state.withLock { $0.actions.removeValue(forKey: timer.number) }
        withExtendedLifetime(action) {}
    }

    /// Moves to the next moment that something waits for, and does what is due first.
    ///
    /// - Returns: whether anything waited.
    func advance() -> Bool {
        let action = state.withLock { state -> Action? in
            while let (instant, number) = state.queue.removeFirst() {
                // One that was taken back leaves its place in the queue.
                guard let action = state.actions.removeValue(forKey: number) else { continue }
                state.now = instant
                return action
            }
            return nil
        }
        action?.run()
        return action != nil
    }

    /// Ends all waiting: who sleeps is told that it is cancelled, now and from now on.
    func close() {
        let actions = state.withLock { state in
            state.isClosed = true
            defer { state.actions = [:] }
            return state.actions.filter(\.value.isSleep).sorted { $0.key < $1.key }
        }
        for (_, action) in actions { action.run() }
    }

    private func sleep(until instant: Instant) async throws(CancellationError) {
        let wait = VirtualSleep()
        let timer = schedule(Action(run: { wait.end() }, isSleep: true), at: instant)
        await withTaskCancellationHandler {
            if !isClosed { await wait.ended() }
        } onCancel: {
            cancel(timer)
            wait.end()
        }
        if Task.isCancelled || isClosed { throw CancellationError() }
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }
}

/// One task that waits until it is told.
private final class VirtualSleep: Sendable {
    private enum State {
        case running
        case waiting(UnsafeContinuation<Void, Never>)
        case ended
    }

    private let state = Mutex(State.running)

    func end() {
        let continuation = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            defer { state = .ended }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume()
    }

    func ended() async {
        await withUnsafeContinuation { continuation in
            let isEnded = state.withLock { state in
                if case .ended = state { return true }
                state = .waiting(continuation)
                return false
            }
            if isEnded { continuation.resume() }
        }
    }
}
