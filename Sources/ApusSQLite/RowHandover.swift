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
    }

    private let state = Mutex(State())
    private let demand = DispatchSemaphore(value: 0)

    /// Runs `work` on the reader's thread with a function that passes rows on, and says whether more are wanted.
    func produce(_ work: (_ offer: ([Row]) -> Bool) throws(DatabaseError) -> Void) {
        let end: Piece
        demand.wait()
        do throws(DatabaseError) {
            if !state.withLock({ $0.hasLeft }) { try work(offer) }
            end = .success(nil)
        } catch {
            end = .failure(error)
        }
        let waiting = state.withLock { state in
            state.end = end
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: end)
    }

    /// The next rows; nil after the last.
    func next() async throws(DatabaseError) -> [Row]? {
        try await withUnsafeContinuation { (continuation: UnsafeContinuation<Piece, Never>) in
            let end = state.withLock { state in
                if state.end == nil { state.waiting = continuation }
                return state.end
            }
            if let end {
                continuation.resume(returning: end)
            } else {
                demand.signal()
            }
        }.get()
    }

    /// No more rows are wanted.
    func leave() {
        state.withLock { $0.hasLeft = true }
        demand.signal()
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
