// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Synchronization

/// The workers of an instance from its start to its end, and those who wait for one.
final class SimulatedWorkers: Sendable {
    private struct State {
        var count: Int
        var busy = 0
    }

    private let state: Mutex<State>
    private let line = WaitingLine()
    private let maximumQueue: Int

    init(_ count: Int, maximumQueue: Int) {
        state = Mutex(State(count: max(1, count)))
        self.maximumQueue = maximumQueue
    }

    func take() async throws(CallFailure) {
        if takeFree() { return }
        guard line.count < maximumQueue else {
            throw CallFailure(
                .overloaded, "the queue of the instance is full", stage: .admission, mayHaveReachedPeer: false)
        }
        guard await line.wait() else { throw SimulatedInstance.gone }
    }

    func giveBack() {
        state.withLock { $0.busy -= 1 }
        admit()
    }

    /// There are so many from now on. Those that are too many finish what they do.
    func resize(to count: Int) {
        state.withLock { $0.count = max(1, count) }
        admit()
    }

    private func takeFree() -> Bool {
        state.withLock { state in
            guard state.busy < state.count else { return false }
            state.busy += 1
            return true
        }
    }

    /// Gives workers that are free to those who wait.
    private func admit() {
        while takeFree() {
            guard line.admitFirst() else {
                state.withLock { $0.busy -= 1 }
                return
            }
        }
    }
}
