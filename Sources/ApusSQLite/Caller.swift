// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusSQL
internal import Synchronization

/// Who wants a statement: until when, and whether they still do. Asked on any thread, while it waits and while it runs.
final class Caller: Sendable {
    /// The deadline of the call that the statement is for; far away without one.
    let deadline: Instant
    /// How long SQLite waits for another process.
    let busyTimeout: Duration
    private let time: TimeSource
    private let hasLeft = Atomic(false)
    private let ticketNumber = Atomic<UInt64>(0)

    /// The current task, with the deadline of its call.
    convenience init(_ configuration: SQLiteConfiguration) {
        self.init(configuration, deadline: CallContext.currentDeadline)
    }

    init(_ configuration: SQLiteConfiguration, deadline: Instant?) {
        self.deadline = deadline ?? .distantFuture
        busyTimeout = configuration.busyTimeout
        time = configuration.time
    }

    /// Its place in the queue in which it waits; 0 before. Written and read under that queue's lock.
    var ticket: UInt64 {
        get { ticketNumber.load(ordering: .relaxed) }
        set { ticketNumber.store(newValue, ordering: .relaxed) }
    }

    /// Its task was cancelled.
    func leave() {
        hasLeft.store(true, ordering: .releasing)
    }

    /// Whether it still wants the statement. Once false, always false.
    var isWaiting: Bool {
        !hasLeft.load(ordering: .acquiring) && (deadline == .distantFuture || time.now < deadline)
    }

    /// Why it doesn't want the statement any more; nil while it does.
    ///
    /// - Parameter moment: a clause that says when this came to light.
    func refusal(_ moment: String) -> DatabaseError? {
        if hasLeft.load(ordering: .acquiring) { return DatabaseError(.cancelled, "the task was cancelled \(moment)") }
        return isWaiting ? nil : DatabaseError(.timeout, "the deadline passed \(moment)")
    }

    /// Runs `body` for the current task, where that runs, and learns meanwhile if it is cancelled.
    ///
    /// - Parameters:
    ///   - isolation: what the task runs on: without it, each step would hop away from an actor and back.
    ///   - withdraw: called when the caller has left, on any thread.
    func listening<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value,
        whenLeaving withdraw: @escaping @Sendable () -> Void = {}
    ) async rethrows -> Value {
        try await withTaskCancellationHandler {
            _ = isolation
            return try await body()
        } onCancel: {
            leave()
            withdraw()
        }
    }
}
