// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import ApusResilience
import Synchronization

/// A client whose every call ends within a budget, behind a breaker, with the errors of a cache.
final class GuardedRedis: Sendable {
    let client: RedisClient
    let breaker: CircuitBreaker
    let counters: RedisCacheCounters
    private let trouble = Mutex(RedisCacheTrouble())

    init(
        _ client: RedisClient, _ breaker: CircuitBreakerConfiguration, _ counters: RedisCacheCounters
    ) throws(InvalidConfiguration) {
        self.client = client
        self.breaker = try CircuitBreaker(configuration: breaker, time: client.time)
        self.counters = counters
    }

    /// Makes one call, or refuses to.
    @inline(__always)
    func call<Value: Sendable>(
        within budget: Duration, _ body: (_ deadline: Instant) async throws(RedisError) -> Value
    ) async throws(CacheError) -> Value {
        try await call(within: budget) { (deadline, _) throws(RedisError) in try await body(deadline) }
    }

    /// The same for who wants to know when it began.
    @inline(__always)
    func call<Value: Sendable>(
        within budget: Duration, _ body: (_ deadline: Instant, _ began: Instant) async throws(RedisError) -> Value
    ) async throws(CacheError) -> Value {
        let turn = try begin(budget)
        do throws(RedisError) {
            let value = try await body(turn.deadline, turn.began)
            succeed(turn)
            return value
        } catch {
            throw end(turn, error)
        }
    }

    /// Begins one call that nobody waits for, or refuses to.
    func start(within budget: Duration) throws(CacheError) -> StartedCall {
        StartedCall(self, try begin(budget))
    }

    /// A call that nobody waits for: it hears of its reply.
    final class StartedCall: Sendable {
        let deadline: Instant
        private let guarded: GuardedRedis
        /// Nil once it was used: a closure can't own it.
        private let turn: Mutex<Turn?>

        fileprivate init(_ guarded: GuardedRedis, _ turn: consuming Turn) {
            self.guarded = guarded
            deadline = turn.deadline
            self.turn = Mutex(turn)
        }

        /// Records what became of the call, the first time.
        func finish(_ outcome: PendingCommand.Outcome) -> Result<RedisValue, CacheError> {
            switch outcome {
            case .success(let value):
                if let turn = take() { guarded.succeed(turn) }
                return .success(value)
            case .failure(let error):
                guard let turn = take() else { return .failure(CacheError(error)) }
                return .failure(guarded.end(turn, error))
            }
        }

        private func take() -> Turn? { turn.withLock { $0.take() } }
    }

    /// What a call is allowed.
    fileprivate struct Turn: ~Copyable {
        let permit: CircuitBreakerPermit
        let began: Instant
        /// When its own budget is used up.
        let own: Instant
        /// That, or the caller's deadline if it is earlier.
        let deadline: Instant
    }

    // Not inlined: what they need meanwhile would be part of the frame of every call.

    @inline(never)
    private func begin(_ budget: Duration) throws(CacheError) -> Turn {
        let permit: CircuitBreakerPermit
        let now = client.time.now
        do throws(CallFailure) {
            permit = try breaker.admit(now: now)
        } catch {
            counters.rejected.wrappingAdd(1, ordering: .relaxed)
            throw CacheError(
                .unavailable, "Redis has failed too often and is left alone for a moment",
                retryAfter: error.retryAfter)
        }
        let own = now.advanced(by: budget)
        return Turn(
            permit: permit, began: now, own: own, deadline: CallContext.currentDeadline.map { min($0, own) } ?? own)
    }

    @inline(never)
    fileprivate func succeed(_ turn: consuming Turn) {
        breaker.record(turn.permit, .success)
    }

    @inline(never)
    fileprivate func end(_ turn: consuming Turn, _ error: RedisError) -> CacheError {
        // A caller in a hurry says nothing about Redis.
        let isTooEarly = error.code == .timeout && turn.deadline < turn.own
        breaker.record(turn.permit, isTooEarly ? .cancelled : error.outcome)
        counters.failures.wrappingAdd(1, ordering: .relaxed)
        if error.code == .timeout { counters.timeouts.wrappingAdd(1, ordering: .relaxed) }
        if error.isFull { counters.full.wrappingAdd(1, ordering: .relaxed) }
        let failure = CacheError(error)
        if !isTooEarly { trouble.withLock { $0.note(failure, now: client.time.now) } }
        return failure
    }

    /// What is wrong, as far as is known without asking; nil if nothing is.
    var problem: CacheError? {
        if breaker.snapshot.phase != .closed {
            return CacheError(.unavailable, "the cache goes on without Redis, which has failed too often")
        }
        if case .degraded(let reason) = client.health { return CacheError(.unavailable, reason) }
        let now = client.time.now
        return trouble.withLock { $0.error(now: now) }
    }
}
