// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusSQL
internal import Synchronization

/// Remembers the answers to requests with an `Idempotency-Key`, in the database of the service, so that a request that is
/// sent again is answered again and has its effect once.
///
/// Two forms:
/// - ``once(_:in:_:)``, the one to prefer: effect and answer are stored in one transaction. Whatever breaks off, either
///   both are there or neither.
/// - ``begin(_:in:)`` and ``finish(_:with:in:)``, for effects elsewhere, such as calls to other services: an attempt has the
///   key for itself under a lease. If its process dies after the effect and before the answer is stored, the next attempt
///   has the effect again, so that must be repeatable. Where the last step is a transaction, finish in it.
///
/// An operation uses one of the forms, not both. Failures are never remembered: the key is free again.
///
/// Every method may be called from any task, by any number of processes on one database.
///
/// Source: draft-ietf-httpapi-idempotency-key-header.
public final class IdempotencyRecords: Sendable {
    /// What it was made with.
    public let configuration: IdempotencyConfiguration
    let clock: QueueClock
    private let random = Mutex(FastRandom())

    /// Records in a table that ``migrations`` has made.
    ///
    /// - Throws: what is out of range.
    public init(
        configuration: IdempotencyConfiguration = .init(), clock: QueueClock = .system()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        self.clock = clock
    }

    /// Runs `effect` and keeps its answer, in the transaction that it changes the database in; or finds the answer that it
    /// had before.
    ///
    /// Others with the same key get `inProgress` until the transaction has ended: on SQLite they wait for the writer.
    ///
    /// - Throws: what `effect` throws (let it out, so that the transaction rolls back); `tooLarge`; `serializationFailure` if
    ///   another was quicker: try again from the beginning of the transaction; `DatabaseError`.
    public func once(
        _ request: IdempotentRequest, in transaction: any Transaction, _ effect: () async throws -> StoredAnswer
    ) async throws -> IdempotencyOutcome {
        if transaction.dialect == .postgres {
            // By table and key, since schemas of one database share such locks.
            let isFree: Bool? = try await transaction.value(
                """
                SELECT pg_try_advisory_xact_lock(
                    CAST(CAST('apus_idempotency' AS regclass) AS oid)::integer, CAST(\(request.lockNumber) AS integer))
                """)
            guard isFree == true else { return .inProgress(nil) }
        }
        if let known = try await find(request, in: transaction) { return known }
        let answer = try await effect()
        try await keep(answer, to: request, in: transaction)
        return .done(answer)
    }

    /// Keeps an answer that has no effect beside it, such as a refusal; or finds what is known by now.
    ///
    /// - Throws: `tooLarge`, `DatabaseError`.
    public func remember(
        _ answer: StoredAnswer, to request: IdempotentRequest, in database: any Database
    ) async throws -> IdempotencyOutcome {
        try await database.transaction(attempts: 5, isolation: .readCommitted) { transaction in
            try await once(request, in: transaction) { answer }
        }
    }

    /// What is known of the request; nil if it is to be done.
    private func find(
        _ request: IdempotentRequest, in executor: any SQLExecutor
    ) async throws(DatabaseError) -> IdempotencyOutcome? {
        guard
            let row = try await executor.first(
                """
                SELECT fingerprint, lease_until, expires_at, status, headers, body FROM apus_idempotency
                WHERE scope = \(request.scope) AND request_key = \(request.key)
                """)
        else { return nil }
        let now = now
        let expires: Int64 = try row[2]
        guard expires > now else { return nil }
        guard try row.get(0, as: String.self) == request.fingerprint else { return .reused }
        if let lease: Int64 = try row[1] { return lease > now ? .inProgress(.microseconds(lease - now)) : nil }
        return .replayed(StoredAnswer(status: try row[3], headerText: try row[4], body: try row[5]))
    }

    /// Stores the answer in place of what is over.
    private func keep(
        _ answer: StoredAnswer, to request: IdempotentRequest, in transaction: any Transaction
    ) async throws {
        try answer.check(maximumBodyBytes: configuration.maximumBodyBytes)
        let now = now
        let stored = try await transaction.execute(
            """
            INSERT INTO apus_idempotency
                (scope, request_key, fingerprint, token, lease_until, expires_at, status, headers, body)
            VALUES (\(request.scope), \(request.key), \(request.fingerprint), \(newToken()), NULL,
                \(now + microseconds(configuration.retention)), \(answer.status), \(answer.headerText), \(answer.body))
            ON CONFLICT (scope, request_key) DO UPDATE SET fingerprint = excluded.fingerprint,
                token = excluded.token, lease_until = NULL, expires_at = excluded.expires_at,
                status = excluded.status, headers = excluded.headers, body = excluded.body
            WHERE \(isOver(now))
            """)
        guard stored == 1 else {
            throw DatabaseError(.serializationFailure, "another request with the same idempotency key was quicker")
        }
    }

    // MARK: With a lease

    /// Takes the key, for as long as the configuration's lease.
    ///
    /// A key whose attempt broke off is taken over when its lease has ended, by the same request only.
    public func begin(
        _ request: IdempotentRequest, in database: any SQLExecutor
    ) async throws(DatabaseError) -> IdempotencyBeginning {
        for _ in 0..<Self.rounds {
            let now = now
            let token = newToken()
            let taken = try await database.execute(
                """
                INSERT INTO apus_idempotency (scope, request_key, fingerprint, token, lease_until, expires_at)
                VALUES (\(request.scope), \(request.key), \(request.fingerprint), \(token),
                    \(now + microseconds(configuration.lease)), \(now + microseconds(configuration.retention)))
                ON CONFLICT (scope, request_key) DO UPDATE SET fingerprint = excluded.fingerprint,
                    token = excluded.token, lease_until = excluded.lease_until, expires_at = excluded.expires_at,
                    status = NULL, headers = NULL, body = NULL
                WHERE \(isOver(now))
                """)
            if taken == 1 { return .begun(IdempotencyAttempt(request: request, token: token)) }
            if let known = try await find(request, in: database) { return .ended(known) }
            // Given back, or over, since then.
        }
        return .ended(.inProgress(nil))
    }

    /// How often a key is looked at that is given back whenever it is looked at.
    private static let rounds = 5

    /// Keeps the answer of an attempt.
    ///
    /// - Parameter executor: the transaction of the effect's last step, if it has one.
    /// - Returns: false if the lease went to another attempt, whose answer counts. Let the transaction roll back then.
    /// - Throws: `tooLarge`; `DatabaseError`.
    public func finish(
        _ attempt: IdempotencyAttempt, with answer: StoredAnswer, in executor: any SQLExecutor
    ) async throws -> Bool {
        try answer.check(maximumBodyBytes: configuration.maximumBodyBytes)
        return try await executor.execute(
            """
            UPDATE apus_idempotency SET lease_until = NULL, expires_at = \(now + microseconds(configuration.retention)),
                status = \(answer.status), headers = \(answer.headerText), body = \(answer.body)
            WHERE \(isHeld(attempt))
            """) == 1
    }

    /// Gives the key of an attempt back that failed: it may be tried again at once.
    public func abandon(_ attempt: IdempotencyAttempt, in executor: any SQLExecutor) async throws(DatabaseError) {
        try await executor.execute("DELETE FROM apus_idempotency WHERE \(isHeld(attempt))")
    }

    // MARK: Cleaning up

    /// Forgets what is older than the retention, and the oldest past the capacity.
    ///
    /// - Returns: how many, at most 10,000 of each at a time.
    @discardableResult
    public func forget(in database: any SQLExecutor) async throws(DatabaseError) -> Int {
        let now = now
        let expired = try await database.execute(
            """
            DELETE FROM apus_idempotency WHERE (scope, request_key) IN (
                SELECT scope, request_key FROM apus_idempotency WHERE expires_at <= \(now) LIMIT 10000)
            """)
        // Looking first costs no writer.
        let newest: Int64? = try await database.value(
            "SELECT expires_at FROM apus_idempotency ORDER BY expires_at DESC LIMIT 1 OFFSET \(configuration.capacity)")
        guard let newest else { return expired }
        let surplus = try await database.execute(
            """
            DELETE FROM apus_idempotency WHERE (scope, request_key) IN (
                SELECT scope, request_key FROM apus_idempotency WHERE expires_at <= \(newest) LIMIT 10000)
            """)
        return expired + surplus
    }

    /// That a row may be replaced: it has expired, or is the lease of the same request that has ended.
    private func isOver(_ now: Int64) -> SQL {
        """
        apus_idempotency.expires_at <= \(now) OR (apus_idempotency.lease_until <= \(now)
            AND apus_idempotency.fingerprint = excluded.fingerprint)
        """
    }

    private func isHeld(_ attempt: IdempotencyAttempt) -> SQL {
        """
        scope = \(attempt.request.scope) AND request_key = \(attempt.request.key) AND token = \(attempt.token)
            AND lease_until IS NOT NULL
        """
    }

    private func newToken() -> Int64 {
        random.withLock { Int64(bitPattern: $0.next()) }
    }

    private var now: Int64 { clock.date.microsecondsSince1970 }

    private func microseconds(_ duration: Duration) -> Int64 { duration.nanoseconds / 1000 }
}
