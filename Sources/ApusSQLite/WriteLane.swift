// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusSQL
internal import GRDB
internal import Synchronization

/// Gives the writer connection to one caller after the other, and groups what can share a commit.
final class WriteLane: Sendable {
    struct PendingUnit: Sendable {
        let unit: WriteUnit
        let continuation: UnsafeContinuation<WriteGroup.Result, Never>
    }
    typealias Waiter = UnsafeContinuation<Result<Void, ApusSQL.DatabaseError>, Never>
    private typealias Entry = WriteLaneState<PendingUnit, Waiter>.Entry

    private struct Guarded {
        var state: WriteLaneState<PendingUnit, Waiter>
        var alarm = Alarm()
    }

    static let closedError = ApusSQL.DatabaseError(.closed, "the database is closed")
    private static let inQueue = "while the statement waited for the writer"

    let executor: WriterExecutor
    private let storage: any DatabaseWriter
    private let guarded: Mutex<Guarded>
    private let time: TimeSource

    init(
        storage: any DatabaseWriter, executor: WriterExecutor, maximumWaiters: Int, maximumGroup: Int, time: TimeSource
    ) {
        self.storage = storage
        self.executor = executor
        self.time = time
        guarded = Mutex(Guarded(state: WriteLaneState(maximumWaiters: maximumWaiters, maximumGroup: maximumGroup)))
    }

    var waiters: Int { guarded.withLock { $0.state.count } }

    /// Runs `unit` and returns after its commit.
    ///
    /// - Throws: what the unit does; `timeout`, `cancelled` if its caller doesn't want it any more, in the queue or while
    ///   it runs; `overloaded`, `closed`.
    func run(_ unit: WriteUnit) async throws(ApusSQL.DatabaseError) -> WriteUnit.Outcome {
        let caller = unit.caller
        return try await caller.listening {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<WriteGroup.Result, Never>) in
                enqueue(.unit(PendingUnit(unit: unit, continuation: continuation)), caller)
            }
        } whenLeaving: {
            self.withdraw(caller)
        }.get()
    }

    /// Waits for the writer. Whoever got it calls ``release()`` once.
    ///
    /// - Throws: `timeout`, `cancelled`, `overloaded`, `closed`; then there is nothing to release.
    func acquire(_ caller: Caller) async throws(ApusSQL.DatabaseError) {
        try await caller.listening {
            await withUnsafeContinuation { (continuation: Waiter) in
                enqueue(.transaction(continuation), caller)
            }
        } whenLeaving: {
            self.withdraw(caller)
        }.get()
    }

    /// Gives the writer to the next.
    func release() {
        executor.schedule { self.advance() }
    }

    /// Lets those in the queue finish, refuses all others, then calls `finish` and closes the connections.
    func close(_ finish: () async -> Void) async {
        let wasClosed = guarded.withLock { guarded in
            defer { guarded.state.isClosed = true }
            return guarded.state.isClosed
        }
        if wasClosed { return }
        _ = await withUnsafeContinuation { (continuation: Waiter) in
            let begins = guarded.withLock { $0.state.enqueue(.transaction(continuation), until: .distantFuture).begins }
            if begins { release() }
        }
        await finish()
        let storage = storage
        await executor.run {
            // Fails only while a statement is still in use, and the connections go with the last reference then.
            do { try storage.close() } catch {}
        }
        release()
    }

    private func enqueue(_ entry: Entry, _ caller: Caller) {
        let decision = guarded.withLock { guarded -> Result<(@Sendable () -> Void)?, ApusSQL.DatabaseError> in
            if guarded.state.isClosed { return .failure(Self.closedError) }
            if let refusal = caller.refusal(Self.inQueue) { return .failure(refusal) }
            guard guarded.state.hasRoom else {
                return .failure(.init(.overloaded, "\(guarded.state.count) callers wait for the writer already"))
            }
            let (id, begins) = guarded.state.enqueue(entry, until: caller.deadline)
            caller.ticket = id
            if begins { return .success { self.release() } }
            return .success(setAlarm(&guarded))
        }
        switch decision {
        case .success(let effect): effect?()
        case .failure(let error): refuse(entry, error)
        }
    }

    private func withdraw(_ caller: Caller) {
        let entry = guarded.withLock { $0.state.cancel(caller.ticket) }
        if let entry, let refusal = caller.refusal(Self.inQueue) { refuse(entry, refusal) }
    }

    private func refuse(_ entry: Entry, _ error: ApusSQL.DatabaseError) {
        switch entry {
        case .unit(let pending): pending.continuation.resume(returning: .failure(error))
        case .transaction(let waiter): waiter.resume(returning: .failure(error))
        }
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
        for entry in late { refuse(entry, .init(.timeout, "the deadline passed \(Self.inQueue)")) }
    }

    /// Runs on the executor, for whoever has the writer.
    private func advance() {
        switch guarded.withLock({ $0.state.next() }) {
        case .idle:
            break
        case .grant(let waiter):
            waiter.resume(returning: .success(()))
        case .run(let pending):
            let results = storage.unsafeReentrantWrite { connection in
                WriteGroup(units: pending.map(\.unit)).run(on: connection)
            }
            for (unit, result) in zip(pending, results) { unit.continuation.resume(returning: result) }
            release()
        }
    }
}
