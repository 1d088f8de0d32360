// SPDX-License-Identifier: Apache-2.0
internal import ApusSQL
internal import Dispatch
internal import Synchronization

/// Hands rows from a reader's thread, which blocks until they are wanted, to the task that wants them.
final class RowHandover: Sendable {
    typealias Piece = Result<[Row]?, DatabaseError>

    private struct State {
        var waiting: UnsafeContinuation<Piece, Never>?
        var end: Piece?
        var hasLeft = false
        var hasRun = true
    }

    private let state = Mutex(State())
    private let demand = DispatchSemaphore(value: 0)

    /// Whether the work ran; false if it said that it didn't.
    var hasRun: Bool { state.withLock { $0.hasRun } }

    /// Runs `work` on the reader's thread with a function that passes rows on, and says whether more are wanted.
    ///
    /// - Parameters:
    ///   - work: false if it didn't run at all.
    ///   - atEnd: called before the task learns of the end.
    func produce(
        _ work: (_ offer: ([Row]) -> Bool) throws(DatabaseError) -> Bool, atEnd: () -> Void
    ) {
        let end: Piece
        var hasRun = true
        demand.wait()
        do throws(DatabaseError) {
            if !state.withLock({ $0.hasLeft }) { hasRun = try work(offer) }
            end = .success(nil)
        } catch {
            end = .failure(error)
        }
        atEnd()
        let waiting = state.withLock { state in
            state.end = end
            state.hasRun = hasRun
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: end)
    }

    /// The next rows; nil after the last.
    func next() async throws(DatabaseError) -> [Row]? {
        try await piece().get()
    }

    /// No more rows are wanted. Returns when the reader's thread has ended.
    func leave() async {
        state.withLock { $0.hasLeft = true }
        _ = await piece()
    }

    /// Asks for rows, and waits for these or the end.
    private func piece() async -> Piece {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Piece, Never>) in
            let end = state.withLock { state in
                if state.end == nil { state.waiting = continuation }
                return state.end
            }
            if let end {
                continuation.resume(returning: end)
            } else {
                demand.signal()
            }
        }
    }

    private func offer(_ rows: [Row]) -> Bool {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: .success(rows))
        demand.wait()
        return !state.withLock { $0.hasLeft }
    }
}
