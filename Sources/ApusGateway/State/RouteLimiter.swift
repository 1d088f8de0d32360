// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// The rate limits of a route, decided in one step.
enum RouteLimiter: Sendable {
    case one(RateLimiter<String>, RateLimitConfiguration.Subject)
    case several(CombinedRateLimiter, [RateLimitConfiguration.Subject])

    /// - Parameter limits: at least one.
    init(_ limits: [RateLimitConfiguration]) throws(InvalidConfiguration) {
        if limits.count == 1, let limit = limits.first {
            self = .one(try RateLimiter(limit.resilience), limit.by)
            return
        }
        // What is common to all has one lock, which is held for the shortest time if it comes last.
        let ordered = limits.filter { $0.by != .route } + limits.filter { $0.by == .route }
        let named = ordered.enumerated().map { NamedRateLimit("\($0.offset)", $0.element.resilience) }
        self = .several(try CombinedRateLimiter(named), ordered.map(\.by))
    }

    /// - Parameters:
    ///   - client: the client's address.
    ///   - subject: whom its token is about; empty without a token.
    ///   - cost: how many requests it counts for.
    func check(client: String, subject: String, cost: UInt32, now: Instant) -> RateDecision {
        switch self {
        case .one(let limiter, let by):
            switch by {
            case .client: return limiter.check(client, cost: cost, now: now)
            case .subject: return limiter.check(subject, cost: cost, now: now)
            case .route: return limiter.check("", cost: cost, now: now)
            }
        case .several(let limiter, let subjects):
            var keys = RateKeys()
            for by in subjects {
                switch by {
                case .client: keys.append(client)
                case .subject: keys.append(subject)
                case .route: keys.appendCommon()
                }
            }
            return limiter.check(keys, cost: cost, now: now).decision
        }
    }
}

extension RateLimitConfiguration {
    /// The same in the words of ApusResilience.
    var resilience: RateLimit { RateLimit(rate.requests, per: rate.period, burst: burst) }
}
