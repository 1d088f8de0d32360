// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import Synchronization

/// Callers on an event loop, each of which begins its next operation when it has the answer to the one before.
struct Load {
    let callers: Int
    let loop: Loop

    /// Rows of the table, and keys.
    static let rows = 10_000
    /// Coprime to ``rows``: each caller asks for all of them, not in their order.
    static let step = 7_919
    private static let warmUp = Duration.seconds(1)

    private final class Progress: Sendable {
        let done = Atomic<Int>(0)
        let isOver = Atomic<Bool>(false)

        var now: Moment { Moment(operations: done.load(ordering: .relaxed)) }
    }

    /// Runs `operation` with a number that differs from turn to turn; the first error ends it all.
    func run(seconds: Int, _ operation: @escaping @Sendable (Int) async throws -> Void) async throws -> Window {
        let progress = Progress()
        let callers = callers
        let work = Task(executorPreference: loop) {
            defer { progress.isOver.store(true, ordering: .relaxed) }
            try await withThrowingTaskGroup { group in
                for caller in 0..<callers {
                    group.addTask {
                        var number = caller * Self.rows / callers
                        while !progress.isOver.load(ordering: .relaxed) {
                            try await operation(number)
                            progress.done.wrappingAdd(1, ordering: .relaxed)
                            number += 1
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await Task.sleep(for: Self.warmUp)
        let start = progress.now
        try await Task.sleep(for: .seconds(seconds))
        let end = progress.now
        progress.isOver.store(true, ordering: .relaxed)
        try await work.value
        return Window(from: start, to: end)
    }
}
