// SPDX-License-Identifier: Apache-2.0
public import ApusCore
internal import Synchronization

/// Drives a ``PoolState``: holds the lock and the connections, runs dials, resets and the clock.
///
/// Taking an idle connection and giving it back costs a lock each, suspends nobody and starts no task.
public final class ConnectionPool: Sendable {
    typealias Answer = Result<PoolLoan, DatabaseError>

    struct Guarded {
        var state: PoolState
        var connections = ConnectionTable()
        /// Those who wait, from the moment at which they are in the queue.
        var waiting: [WaiterID: Waiting] = [:]
        var lastDialError: DatabaseError?
        var wakeAt = Instant.distantFuture
        var closing: [UnsafeContinuation<Void, Never>] = []
    }

    enum Waiting {
        /// In the queue, but not yet suspended.
        case coming
        case suspended(UnsafeContinuation<Answer, Never>)
        /// Answered before it was suspended.
        case answered(Answer)
    }

    let guarded: Mutex<Guarded>
    let configuration: PoolConfiguration
    let time: TimeSource
    let sleep: @Sendable (Duration) async throws -> Void
    let dial: @Sendable () async -> Result<any PooledConnection, DialFailure>
    let report: @Sendable (PoolEvent) -> Void

    /// - Parameters:
    ///   - sleep: suspends for a duration of `time`.
    ///   - report: told what a log should show; called on any thread, and must not block.
    ///   - dial: opens a connection. Must end by itself after a bounded time.
    /// - Throws: `misuse` naming every problem of `configuration`.
    public init(
        configuration: PoolConfiguration = .init(), time: TimeSource = .system, random: FastRandom = FastRandom(),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        report: @escaping @Sendable (PoolEvent) -> Void = { _ in },
        dial: @escaping @Sendable () async -> Result<any PooledConnection, DialFailure>
    ) throws(DatabaseError) {
        let problems = configuration.validate()
        guard problems.isEmpty else {
            throw DatabaseError(.misuse, "PoolConfiguration: \(InvalidConfiguration(problems))")
        }
        guarded = Mutex(Guarded(state: PoolState(configuration: configuration, random: random)))
        self.configuration = configuration
        self.time = time
        self.sleep = sleep
        self.dial = dial
        self.report = report
    }

    /// Takes a connection that is alive, waiting for one if need be.
    ///
    /// - Parameters:
    ///   - place: who takes it, for the report of a leak.
    ///   - deadline: when the caller gives up; the acquire timeout counts besides.
    /// - Throws: `closed`, `overloaded` (too many wait, or none became free), `timeout` (the caller's deadline),
    ///   `cancelled`, `cannotOpen` (the server can't be reached or refuses). No statement was sent then.
    public func take(at place: CallSite, until deadline: Instant = .distantFuture) async throws(DatabaseError)
        -> PoolLoan
    {
        let entry = enter(place, deadline, isReturning: false)
        if case .answer(.success(let loan)) = entry, isFresh(loan) { return loan }
        return try await take(entry, at: place, until: deadline)
    }

    // Not inlined: what it needs meanwhile would be part of the frame of every statement.
    @inline(never)
    private func take(_ entry: Entry, at place: CallSite, until deadline: Instant) async throws(DatabaseError)
        -> PoolLoan
    {
        var loan = try await outcome(of: entry)
        while await !isUsable(loan, until: deadline) {
            release(loan, .broken)
            loan = try await outcome(of: enter(place, deadline, isReturning: true))
        }
        return loan
    }

    /// Gives a connection back; how it is treated depends on its condition.
    public func giveBack(_ loan: PoolLoan) {
        release(loan, loan.connection.condition)
    }

    /// Opens the configured number of idle connections, without waiting for them.
    public func warmUp() {
        tick()
    }

    /// Nothing that was opened so far is used again: the server has become one that can't be written to.
    public func evictAll() {
        perform { guarded, now, actions in guarded.state.evictAll(now: now, actions: &actions) }
        report(.evicted)
    }

    /// What there is and was.
    public var statistics: PoolStatistics { guarded.withLock { $0.state.statistics } }

    /// How it does.
    public var health: PoolHealth {
        guarded.withLock { guarded in
            if guarded.state.isDown {
                return .down(guarded.lastDialError?.message ?? "the server can't be reached")
            }
            let statistics = guarded.state.statistics
            return statistics.waiting > 0 && statistics.leased >= configuration.maxOpen ? .saturated : .up
        }
    }

    /// Refuses everyone from now on, and waits until what is in use has come back. Closing again does nothing.
    public func close() async {
        perform { guarded, _, actions in guarded.state.close(actions: &actions) }
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isDone = guarded.withLock { guarded in
                if guarded.connections.isEmpty { return true }
                guarded.closing.append(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    func release(_ loan: PoolLoan, _ condition: ReleaseCondition) {
        perform { guarded, now, actions in
            guarded.state.release(loan.lease, condition, now: now, actions: &actions)
        }
    }

    /// Whether a connection can be used as it is, as far as can be told without asking the server.
    private func isFresh(_ loan: PoolLoan) -> Bool {
        !loan.lease.wasIdle || !loan.lease.needsValidation && loan.connection.looksAlive
    }

    private func isUsable(_ loan: PoolLoan, until deadline: Instant) async -> Bool {
        if isFresh(loan) { return true }
        guard loan.lease.needsValidation, loan.connection.looksAlive else { return false }
        // A caller with little time left must not have a connection thrown away that only wasn't asked for long enough.
        let now = time.now
        let patience = max(deadline, now.advanced(by: min(.milliseconds(100), configuration.validationTimeout)))
        return await loan.connection.validate(
            until: min(patience, now.advanced(by: configuration.validationTimeout)))
    }
}
