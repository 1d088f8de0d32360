// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Holds tasks until it is opened, and tells when the first has come.
public final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var isReached = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watching: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    public init() {}

    /// Suspends until the gate is open. Doesn't notice cancellation.
    public func wait() async {
        await withCheckedContinuation { continuation in
            let (passes, watching) = state.withLock { state in
                state.isReached = true
                let watching = state.watching
                state.watching = []
                if !state.isOpen { state.waiting.append(continuation) }
                return (state.isOpen, watching)
            }
            for watcher in watching { watcher.resume() }
            if passes { continuation.resume() }
        }
    }

    /// Suspends until someone waits, or has waited, at the gate.
    public func reached() async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if !state.isReached { state.watching.append(continuation) }
                return state.isReached
            }
            if isReached { continuation.resume() }
        }
    }

    /// Lets everyone through, now and later.
    public func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for task in waiting { task.resume() }
    }
}
