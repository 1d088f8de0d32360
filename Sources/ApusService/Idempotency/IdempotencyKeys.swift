// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusMessaging
import ApusRuntime
public import ApusSQL
public import ApusTelemetry
public import Logging
public import ServiceLifecycle
import Synchronization

/// Lets operations honour `Idempotency-Key`: a request that is sent again with the key that it had is answered as it was
/// the first time, and has its effect once. One for all operations of a service: see
/// ``ServiceBuilder/implement(_:priority:once:isolation:remembering:scope:_:)``.
///
/// - The same key with the same method, path and body gets the same status, header fields and body, with
///   `Idempotency-Replayed: true`; with another, 422 `idempotency_key_reused`.
/// - A request whose key is being worked on waits for the answer, and gets 409 `idempotency_key_in_use` with `Retry-After`
///   when that takes too long.
/// - Successes are remembered. Of refusals those are that the operation names; what failed never is, and the key is free.
/// - A key belongs to the operation and to the caller, by issuer and subject. Callers whom nobody authenticated share
///   theirs, and should make keys that can't be guessed.
///
/// It runs as a service, which forgets old answers. `apus_idempotency_total` counts requests with a key by `operation` and
/// `outcome`: `done`, `replayed`, `reused`, `in_use`, `refused` (not remembered), `failed`.
///
/// Source: draft-ietf-httpapi-idempotency-key-header-06.
public final class IdempotencyKeys: Service {
    let database: any Database
    let records: IdempotencyRecords
    private let time: TimeSource
    private let logger: Logger
    private let outcomes: CounterFamily<2>
    private let inHand = Mutex(KeysInHand())

    private static let firstPause = Duration.milliseconds(5)
    private static let longestPause = Duration.milliseconds(200)
    private static let cleaning = Duration.seconds(60)

    /// - Parameters:
    ///   - database: where the operations have their effect; ``IdempotencyRecords/migrations`` made the table.
    ///   - time: the clock of waiting and cleaning up.
    /// - Throws: what is out of range.
    public init(
        database: any Database, configuration: IdempotencyConfiguration = .init(), metrics: MetricsRegistry,
        logger: Logger, clock: QueueClock = .system(), time: TimeSource = .system
    ) throws(InvalidConfiguration) {
        self.database = database
        records = try IdempotencyRecords(configuration: configuration, clock: clock)
        self.time = time
        self.logger = logger
        outcomes = metrics.counters(
            "apus_idempotency_total", "Requests with an idempotency key.", labels: ["operation", "outcome"])
    }

    /// Forgets old answers once a minute, until graceful shutdown or cancellation.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.forget()
                // Cancelled at the end.
                do { try await self.time.sleep(for: Self.cleaning) } catch { return }
            }
        }
    }

    private func forget() async {
        do {
            while try await records.forget(in: database) >= 10_000 {}
        } catch {
            guard !Task.isCancelled else { return }
            logger.warning("old answers could not be forgotten", metadata: ["error": "\(error)"])
        }
    }

    /// What becomes of a request: `attempt` is asked, by one of those with its key at a time, until it knows more than that
    /// the key is in use, or the wait is over.
    func outcome(
        of request: IdempotentRequest, deadline: Instant?, _ attempt: () async throws -> IdempotencyOutcome
    ) async throws -> IdempotencyOutcome {
        let end = end(deadline)
        var pause = Self.firstPause
        while true {
            if inHand.withLock({ $0.take(request) }) {
                defer { inHand.withLock { $0.release(request) } }
                let outcome = try await attempt()
                guard case .inProgress = outcome else { return outcome }
            }
            guard time.now.advanced(by: pause) < end else { return .inProgress(nil) }
            try await time.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// When a request gets tired of waiting: early enough that it can be told.
    private func end(_ deadline: Instant?) -> Instant {
        let end = time.now.advanced(by: records.configuration.wait)
        return deadline.map { min(end, $0.advanced(by: .milliseconds(-50))) } ?? end
    }

    func count(_ outcome: String, of operation: String) {
        outcomes.labels([operation, outcome]).increment()
    }

    /// Runs what must be stored also when the request is cancelled or its time is over.
    func persist<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        var context = CallContext.current ?? CallContext()
        context.deadline = time.now.advanced(by: .seconds(10))
        let copy = context
        return try await Task { try await CallContext.$current.withValue(copy) { try await body() } }.value
    }

    /// Gives a key back; if that fails, it is free when its lease ends.
    func abandon(_ attempt: IdempotencyAttempt) async {
        do {
            try await persist { [records, database] in try await records.abandon(attempt, in: database) }
        } catch {
            logger.warning("an idempotency key stays blocked until its lease ends", metadata: ["error": "\(error)"])
        }
    }
}

extension ServiceHost {
    /// Idempotency keys in the service's database, cleaned up while it runs. Once for a service.
    ///
    /// - Throws: what is out of range.
    public func idempotencyKeys(
        _ configuration: IdempotencyConfiguration = .init()
    ) throws(InvalidConfiguration) -> IdempotencyKeys {
        let keys = try IdempotencyKeys(
            database: database, configuration: configuration, metrics: metrics, logger: logger("idempotency"))
        runtime.add("idempotency", service: keys)
        return keys
    }
}
