// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusSQL
internal import GRDB
internal import Synchronization

/// Gives the writer connection to one caller after the other, and groups what can share a commit.
final class WriteLane: Sendable {
    struct PendingUnit: Sendable {
        let unit: WriteUnit
        let deadline: Instant?
        let continuation: UnsafeContinuation<WriteGroup.Result, Never>
    }
    typealias Waiter = UnsafeContinuation<Result<Void, ApusSQL.DatabaseError>, Never>

    static let closedError = ApusSQL.DatabaseError(.closed, "the database is closed")

    let executor: WriterExecutor
    private let storage: any DatabaseWriter
    private let state: Mutex<WriteLaneState<PendingUnit, Waiter>>
    private let time: TimeSource
    private let ids = Atomic<UInt64>(0)

    init(
        storage: any DatabaseWriter, executor: WriterExecutor, maximumWaiters: Int, maximumGroup: Int, time: TimeSource
    ) {
        self.storage = storage
        self.executor = executor
        self.time = time
        state = Mutex(WriteLaneState(maximumWaiters: maximumWaiters, maximumGroup: maximumGroup))
    }

    var waiters: Int { state.withLock { $0.count } }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Runs `unit` and returns after its commit.
    ///
    /// - Throws: what the unit does; `timeout` if its turn comes after `deadline`; `overloaded`, `closed`.
    func run(_ unit: WriteUnit, until deadline: Instant?) async throws(ApusSQL.DatabaseError) -> WriteUnit.Outcome {
        try await withUnsafeContinuation { (continuation: UnsafeContinuation<WriteGroup.Result, Never>) in
            enqueue(.unit(PendingUnit(unit: unit, deadline: deadline, continuation: continuation))) {
                continuation.resume(returning: .failure($0))
            }
        }.get()
    }

    /// Waits for the writer. Whoever got it calls ``release()`` once.
    ///
    /// - Throws: `cancelled`, `overloaded`, `closed`; then there is nothing to release.
    func acquire() async throws(ApusSQL.DatabaseError) {
        let id = ids.wrappingAdd(1, ordering: .relaxed).newValue
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: Waiter) in
                enqueue(.transaction(id: id, continuation)) { continuation.resume(returning: .failure($0)) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.cancel(id) }
            waiter?.resume(
                returning: .failure(.init(.cancelled, "the task was cancelled while it waited for the writer")))
        }
        try result.get()
    }

    /// Gives the writer to the next.
    func release() {
        executor.schedule { self.advance() }
    }

    /// Lets those in the queue finish, refuses all others, then closes the connections.
    func close() async {
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        if wasClosed { return }
        _ = await withUnsafeContinuation { (continuation: Waiter) in
            let begins = state.withLock { $0.enqueue(.transaction(id: 0, continuation)) }
            if begins { release() }
        }
        let storage = storage
        await executor.run {
            // Fails only while a statement is still in use, and the connections go with the last reference then.
            do { try storage.close() } catch {}
        }
        release()
    }

    private func enqueue(
        _ entry: WriteLaneState<PendingUnit, Waiter>.Entry, refuse: (ApusSQL.DatabaseError) -> Void
    ) {
        let decision = state.withLock { state -> Result<Bool, ApusSQL.DatabaseError> in
            if state.isClosed { return .failure(Self.closedError) }
            guard state.hasRoom else {
                return .failure(.init(.overloaded, "\(state.count) callers wait for the writer already"))
            }
            return .success(state.enqueue(entry))
        }
        switch decision {
        case .success(true): release()
        case .success(false): break
        case .failure(let error): refuse(error)
        }
    }

    /// Runs on the executor, for whoever has the writer.
    private func advance() {
        switch state.withLock({ $0.next() }) {
        case .idle:
            break
        case .grant(let waiter):
            waiter.resume(returning: .success(()))
        case .run(let pending):
            run(pending)
            release()
        }
    }

    private func run(_ pending: [PendingUnit]) {
        let now = time.now
        let late = pending.filter { ($0.deadline ?? .distantFuture) <= now }
        for unit in late {
            unit.continuation.resume(
                returning: .failure(.init(.timeout, "the deadline passed while the statement waited for the writer")))
        }
        let timely = late.isEmpty ? pending : pending.filter { ($0.deadline ?? .distantFuture) > now }
        if timely.isEmpty { return }
        let results = storage.unsafeReentrantWrite { connection in
            WriteGroup(units: timely.map(\.unit)).run(on: connection)
        }
        for (unit, result) in zip(timely, results) { unit.continuation.resume(returning: result) }
    }
}
