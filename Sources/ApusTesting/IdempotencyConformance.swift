// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
public import ApusSQL

/// What `IdempotencyRecords` promise on every database.
public enum IdempotencyConformance {
    /// A fresh database with the tables of the records, and the clock that the records are to read.
    public struct Subject: Sendable {
        /// Its tables are those of `IdempotencyRecords.migrations`.
        public let database: any Database
        public let clock: ManualClock

        public init(database: any Database, clock: ManualClock) {
            self.database = database
            self.clock = clock
        }

        /// Records with the table `effects`, in which an effect is a row.
        func records(_ configuration: IdempotencyConfiguration = .init()) async throws -> IdempotencyRecords {
            try await database.execute("CREATE TABLE IF NOT EXISTS effects (name TEXT NOT NULL)")
            return try IdempotencyRecords(configuration: configuration, clock: clock.queueClock())
        }

        func effects() async throws -> Int {
            try await database.value("SELECT COUNT(*) FROM effects") ?? -1
        }
    }

    struct EffectFailed: Error {}

    /// All checks.
    public static let checks: [ConformanceCheck<Subject>] = transactional + leased + forgetting

    static func request(
        _ key: String = "k", scope: String = "s", body: String = "b"
    ) throws -> IdempotentRequest {
        try IdempotentRequest(scope: scope, key: key, content: [Array("POST".utf8), Array(body.utf8)])
    }

    static let answer = StoredAnswer(
        status: 201, headers: [.init("Location", "/v1/things/1"), .init("X-Odd", "a: b:c")], body: [0, 255, 10, 13])

    /// Has the effect once and answers, trying again while the key is in use.
    @discardableResult
    static func once(
        _ request: IdempotentRequest, _ records: IdempotencyRecords, _ subject: Subject,
        isolation: Isolation = .readCommitted, answer: StoredAnswer = answer
    ) async throws -> IdempotencyOutcome {
        while true {
            let outcome = try await subject.database.transaction(attempts: 500, isolation: isolation) { transaction in
                try await records.once(request, in: transaction) {
                    try await transaction.execute("INSERT INTO effects VALUES (\(request.key))")
                    await Task.yield()
                    return answer
                }
            }
            guard case .inProgress = outcome else { return outcome }
            await Task.yield()
        }
    }

    static func begun(_ beginning: IdempotencyBeginning, _ what: String) throws -> IdempotencyAttempt {
        guard case .begun(let attempt) = beginning else {
            throw ConformanceFailure("\(what): expected to begin, got \(beginning)")
        }
        return attempt
    }
}
