// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization

/// One task in the background that makes up for what is owed: in rounds, with back-off between them, until a round leaves
/// nothing. However often it is started, there is one at a time.
final class Settler: Sendable {
    /// 25 to 50 ms before the first round, growing to 5 s.
    private static let backoff = Backoff(base: .milliseconds(50), maximum: .seconds(5), factor: 2, jitter: .equal)

    private struct State {
        var task: Task<Void, Never>?
        /// Its wait for the next round.
        var pause: Task<Void, Never>?
        /// Something became owed since the last round began.
        var isWanted = false
        /// The next wait is left out.
        var isHurried = false
        var isClosed = false
        var random: FastRandom
    }

    private let time: TimeSource
    private let state: Mutex<State>

    init(_ time: TimeSource, seed: UInt64?) {
        self.time = time
        state = Mutex(State(random: seed.map(FastRandom.init(seed:)) ?? FastRandom()))
    }

    /// Sees to it that a round begins after this, unless it is closed.
    ///
    /// - Parameter round: makes up for all that is owed; returns whether nothing of it is left.
    func start(_ round: @escaping @Sendable () async -> Bool) {
        state.withLock { state in
            state.isWanted = true
            guard state.task == nil, !state.isClosed else { return }
            // Detached: the deadline of whoever failed is not that of this.
            state.task = Task.detached { [self] in await run(round) }
        }
    }

    /// What failed may work again: the next round begins at once, and the back-off afresh.
    func hurry() {
        state.withLock { state in
            guard state.task != nil else { return }
            state.isHurried = true
            state.pause?.cancel()
        }
    }

    /// Ends it, a round that is under way too, and never starts again.
    func close() async {
        let task = state.withLock { state in
            state.isClosed = true
            state.pause?.cancel()
            return state.task
        }
        task?.cancel()
        await task?.value
    }

    private func run(_ round: @Sendable () async -> Bool) async {
        var delays = BackoffSequence(Self.backoff)
        while true {
            let delay = state.withLock { delays.next(using: &$0.random) }
            if await pause(for: delay) { delays.reset() }
            guard begin() else { return }
            guard await round() else { continue }
            delays.reset()
            guard goesOn() else { return }
        }
    }

    /// Waits, unless there is hurry.
    ///
    /// - Returns: whether there was.
    private func pause(for delay: Duration) async -> Bool {
        let pause = state.withLock { state -> Task<Void, Never>? in
            guard !state.isHurried, !state.isClosed else { return nil }
            let pause = Task.detached { [time] in
                // It ends early when it is cancelled: that is what it is for.
                do { try await time.sleep(for: delay) } catch { return }
            }
            state.pause = pause
            return pause
        }
        await pause?.value
        return state.withLock { state in
            defer { state.isHurried = false }
            state.pause = nil
            return state.isHurried
        }
    }

    /// Before a round: false if it is closed.
    private func begin() -> Bool {
        state.withLock { state in
            state.isWanted = false
            if state.isClosed { state.task = nil }
            return !state.isClosed
        }
    }

    /// After a round that left nothing: whether something became owed meanwhile.
    private func goesOn() -> Bool {
        state.withLock { state in
            let goesOn = state.isWanted && !state.isClosed
            if !goesOn { state.task = nil }
            return goesOn
        }
    }
}
