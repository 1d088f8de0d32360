// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusSQL
internal import Synchronization

/// Admits queries and streams to the readers. Who is admitted at once costs a lock, and another when it leaves.
final class ReaderGate: Sendable {
    typealias Kind = ReaderGateState<Waiter>.Kind

    struct Waiter: Sendable {
        let caller: Caller
        let continuation: UnsafeContinuation<Result<Void, DatabaseError>, Never>

        func refuse(_ error: DatabaseError) {
            continuation.resume(returning: .failure(error))
        }
    }

    private struct Guarded {
        var state: ReaderGateState<Waiter>
        var alarm = Alarm()
        var closing: [UnsafeContinuation<Void, Never>] = []
    }

    private static let inQueue = "while the statement waited for a reader"

    private let guarded: Mutex<Guarded>
    private let time: TimeSource

    init(maximumReaders: Int, maximumWaiters: Int, time: TimeSource) {
        guarded = Mutex(
            Guarded(state: ReaderGateState(maximumReaders: maximumReaders, maximumWaiters: maximumWaiters)))
        self.time = time
    }

    var waiters: Int { guarded.withLock { $0.state.count } }

    /// Readers that there must be.
    var readers: Int { guarded.withLock { $0.state.maximumReaders } }

    /// Waits for a reader. Whoever got it calls ``leave(_:)`` once.
    ///
    /// - Parameter mayWait: false to be refused with `overloaded` instead.
    /// - Throws: `timeout`, `cancelled`, `overloaded`, `closed`; then there is nothing to leave.
    func enter(_ kind: Kind, _ caller: Caller, mayWait: Bool = true) async throws(DatabaseError) {
        switch guarded.withLock({ $0.state.enter(kind) }) {
        case .admitted: return
        case .closed: throw WriteLane.closedError
        case .full: throw Self.full(waiters)
        case .mustWait where !mayWait:
            throw DatabaseError(
                .overloaded,
                """
                no reader is free, and a stream in the body of another or of a transaction doesn't wait for one: it \
                might wait for itself
                """)
        case .mustWait: try await wait(for: kind, caller)
        }
    }

    /// Gives the reader to the next.
    func leave(_ kind: Kind) {
        let (next, closing) = guarded.withLock { guarded in
            let next = guarded.state.leave(kind)
            guard guarded.state.isIdle else { return (next, [UnsafeContinuation<Void, Never>]()) }
            defer { guarded.closing = [] }
            return (next, guarded.closing)
        }
        next?.continuation.resume(returning: .success(()))
        for continuation in closing { continuation.resume() }
    }

    /// Refuses everyone from now on.
    func close() {
        guarded.withLock { $0.state.isClosed = true }
    }

    /// Waits until nobody is left. To be called after ``close()``.
    func becomeIdle() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isIdle = guarded.withLock { guarded in
                if guarded.state.isIdle { return true }
                guarded.closing.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    private static func full(_ count: Int) -> DatabaseError {
        DatabaseError(.overloaded, "\(count) callers wait for a reader already")
    }

    // Not inlined: what it needs meanwhile would be part of the frame of every query.
    @inline(never)
    private func wait(for kind: Kind, _ caller: Caller) async throws(DatabaseError) {
        try await caller.listening {
            await withUnsafeContinuation { continuation in
                enqueue(Waiter(caller: caller, continuation: continuation), for: kind)
            }
        } whenLeaving: {
            let waiter = self.guarded.withLock { $0.state.cancel(caller.ticket) }
            if let refusal = caller.refusal(Self.inQueue) { waiter?.refuse(refusal) }
        }.get()
    }

    /// Asks once more, since somebody may have left meanwhile, and appends to the queue.
    private func enqueue(_ waiter: Waiter, for kind: Kind) {
        let caller = waiter.caller
        var answer: Result<Void, DatabaseError>?
        let set = guarded.withLock { guarded -> (@Sendable () -> Void)? in
            if let refusal = caller.refusal(Self.inQueue) {
                answer = .failure(refusal)
                return nil
            }
            switch guarded.state.enter(kind) {
            case .admitted: answer = .success(())
            case .closed: answer = .failure(WriteLane.closedError)
            case .full: answer = .failure(Self.full(guarded.state.count))
            case .mustWait:
                caller.ticket = guarded.state.wait(waiter, for: kind, until: caller.deadline)
                return setAlarm(&guarded)
            }
            return nil
        }
        set?()
        if let answer { waiter.continuation.resume(returning: answer) }
    }

    private func setAlarm(_ guarded: inout Guarded) -> (@Sendable () -> Void)? {
        guarded.alarm.set(for: guarded.state.earliestEnd, time) { [weak self] in self?.endWaiting($0) }
    }

    private func endWaiting(_ end: Instant) {
        let now = time.now
        let (late, set) = guarded.withLock { guarded in
            guarded.alarm.hasRung(end)
            return (guarded.state.removeEnded(at: now), setAlarm(&guarded))
        }
        set?()
        for waiter in late {
            waiter.refuse(DatabaseError(.timeout, "the deadline passed \(Self.inQueue)"))
        }
    }
}
