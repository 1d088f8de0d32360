// SPDX-License-Identifier: Apache-2.0
import ApusCache
import ApusCore
import ApusResilience
import Synchronization

/// A client whose every call ends within a budget, behind a breaker, with the errors of a cache.
struct GuardedRedis: Sendable {
    let client: RedisClient
    let breaker: CircuitBreaker
    let counters: RedisCacheCounters

    init(
        _ client: RedisClient, _ breaker: CircuitBreakerConfiguration, _ counters: RedisCacheCounters
    ) throws(InvalidConfiguration) {
        self.client = client
        self.breaker = try CircuitBreaker(configuration: breaker, time: client.time)
        self.counters = counters
    }

    /// Makes one call, or refuses to.
    func call<Value: Sendable>(
        within budget: Duration, _ body: (Instant) async throws(RedisError) -> Value
    ) async throws(CacheError) -> Value {
        let permit: CircuitBreakerPermit
        do throws(CallFailure) {
            permit = try breaker.admit()
        } catch {
            counters.rejected.wrappingAdd(1, ordering: .relaxed)
            throw CacheError(
                .unavailable, "Redis has failed too often and is left alone for a moment",
                retryAfter: error.retryAfter)
        }
        let own = client.time.now.advanced(by: budget)
        let deadline = CallContext.current?.deadline.map { min($0, own) } ?? own
        do throws(RedisError) {
            let value = try await body(deadline)
            breaker.record(permit, .success)
            return value
        } catch {
            // A caller in a hurry says nothing about Redis.
            let isTooEarly = error.code == .timeout && deadline < own
            breaker.record(permit, isTooEarly ? .cancelled : error.outcome)
            counters.failures.wrappingAdd(1, ordering: .relaxed)
            if error.code == .timeout { counters.timeouts.wrappingAdd(1, ordering: .relaxed) }
            if error.server?.code == .outOfMemory { counters.full.wrappingAdd(1, ordering: .relaxed) }
            throw CacheError(error)
        }
    }

    /// `degraded` while Redis isn't reached or left alone.
    var health: RedisHealth {
        if breaker.snapshot.phase != .closed {
            return .degraded("the cache goes on without Redis, which has failed too often")
        }
        return client.health
    }
}
