// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// Several rate limits that are decided in one step: all of them are charged, or none.
///
/// ```swift
/// let limiter = try CombinedRateLimiter([
///     NamedRateLimit("client", RateLimit(10, burst: 20)), NamedRateLimit("everyone", RateLimit(5_000)),
/// ])
/// let decision = limiter.check(RateKeys(clientID))   // the second limit has no key: it is common to all
/// ```
///
/// Limits that are asked one after the other charge the first for what the second refuses, so that who is refused often
/// also loses what is his; and charges that are taken back refuse others in the meantime. Here the locks of all
/// limits (one shard of each, in the order of the limits, which is why nobody waits in a circle) are held while they decide.
///
/// Safe to use from any thread. Keys and memory are those of ``RateLimiter``. A limit that is common to all has one lock
/// for everyone; put it last, it is then held for the shortest time.
public final class CombinedRateLimiter: Sendable {
    /// The names of the limits, in their order.
    public let names: [String]
    private let limits: [RateShards]
    private let time: TimeSource

    /// - Parameters:
    ///   - limits: 1 to 8, with names that differ.
    ///   - time: the clock, the machine's by default.
    /// - Throws: ``InvalidConfiguration`` with every problem, its key beginning with the limit's number.
    public init(_ limits: [NamedRateLimit], time: TimeSource = .system) throws(InvalidConfiguration) {
        var problems: [ConfigurationProblem] = []
        problems.require(
            (1...RateKeys.maximum).contains(limits.count), "limits",
            "must be 1 to \(RateKeys.maximum), are \(limits.count)")
        problems.require(Set(limits.map(\.name)).count == limits.count, "limits", "must have names that differ")
        for (index, limit) in limits.enumerated() {
            problems += limit.validate().map { ConfigurationProblem("limits[\(index)].\($0.key)", $0.message) }
        }
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        names = limits.map(\.name)
        var made: [RateShards] = []
        for limit in limits { made.append(RateShards(try GCRA(limit.limit), maximumKeys: limit.maximumKeys)) }
        self.limits = made
        self.time = time
    }

    /// Decides about a request now.
    ///
    /// - Parameters:
    ///   - keys: under which keys it counts.
    ///   - cost: how many requests it counts for, at every limit. Default 1; 0 asks without taking anything.
    public func check(_ keys: RateKeys = RateKeys(), cost: UInt32 = 1) -> CombinedRateDecision {
        check(keys, cost: cost, now: time.now)
    }

    /// Decides about a request at `now`, for callers that know the time.
    public func check(_ keys: RateKeys = RateKeys(), cost: UInt32 = 1, now: Instant) -> CombinedRateDecision {
        var result = CombinedRateDecision(index: 0, decision: .unlimited)
        _ = decide(0, keys, cost: cost, now: now, into: &result)
        return result
    }

    /// The name of the limit that a decision speaks of.
    public func name(of decision: CombinedRateDecision) -> String { names[decision.index] }

    /// What each limit did, in their order. A request that is refused counts only at those that refuse it.
    public var statistics: [RateLimiterStatistics] { limits.map(\.statistics) }

    /// Asks this limit and, with its lock held, those behind it; charges it if all agree.
    ///
    /// - Returns: whether all agree.
    private func decide(
        _ index: Int, _ keys: RateKeys, cost: UInt32, now: Instant, into result: inout CombinedRateDecision
    ) -> Bool {
        guard index < limits.count else { return result.isAllowed }
        let key = keys.key(of: index)
        return limits[index].withTable(of: key) { table in
            let rule = limits[index].rule
            let before = rule.corrected(table.arrival(of: key) ?? now.nanoseconds, now: now)
            var arrival = before
            let decision = rule.decide(arrival: &arrival, cost: cost, now: now)
            result.merge(decision, of: index)
            let isAllowed = decide(index + 1, keys, cost: cost, now: now, into: &result)
            table.store(isAllowed ? arrival : before, of: key, now: now.nanoseconds)
            if isAllowed { table.allowed += 1 } else if !decision.isAllowed { table.limited += 1 }
            return isAllowed
        }
    }
}
