// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation
import Synchronization

/// A process that is started again each time it was killed.
final class KeptProcess: Sendable {
    private struct State {
        var running: RunningProcess?
        var starts = 0
        var isReady = false
        var isEnding = false
        var last = ""
    }

    let name: String
    /// Where it is told when to die, and what time it is.
    let board: TroubleBoard
    private let make: @Sendable () -> RunningProcess
    private let killed: @Sendable (TroubleBoard) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - killed: is called each time after it was killed, before it is started again.
    ///   - make: the process that is started.
    init(
        _ name: String, board: TroubleBoard, killed: @escaping @Sendable (TroubleBoard) -> Void,
        _ make: @escaping @Sendable () -> RunningProcess
    ) {
        self.name = name
        self.board = board
        self.make = make
        self.killed = killed
    }

    /// How often it was started and ready.
    var starts: Int { state.withLock { $0.isReady ? $0.starts : 0 } }

    /// What the process that runs, or ran last, has written.
    var output: String { state.withLock { $0.running }?.output ?? "" }

    /// Runs it until ``end()``.
    ///
    /// - Throws: when it ends by itself or doesn't start.
    func run() async throws {
        while true {
            let process = make()
            let isEnding = state.withLock { state in
                state.running = process
                return state.isEnding
            }
            if isEnding { return }
            _ = try await process.startAndBeReady()
            let endsNow = state.withLock { state in
                state.isReady = true
                state.starts += 1
                return state.isEnding
            }
            if endsNow { process.signal(SIGTERM) }
            let status = await process.ended()
            let wasTold = state.withLock { state in
                state.isReady = false
                return state.isEnding
            }
            if wasTold { return }
            guard status == SIGKILL else {
                throw ConformanceFailure("\(name) ended with \(status): \(process.output.suffix(2_000))")
            }
            killed(board)
        }
    }

    /// Waits until it has been ready `count` times and is.
    func untilReady(_ count: Int = 1) async throws {
        try await eventually("\(name) runs", within: .seconds(20)) { starts >= count }
    }

    /// Kills it now.
    func kill() {
        state.withLock { $0.running }?.signal(SIGKILL)
    }

    /// Ends it; ``run()`` returns.
    func end() {
        let process = state.withLock { state in
            state.isEnding = true
            return state.isReady ? state.running : nil
        }
        process?.signal(SIGTERM)
    }
}
