// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import ApusResilience
public import ApusRuntime

extension ServiceClientConfiguration {
    /// What the settings say, and the defaults for the rest.
    public init(_ settings: ClientSettings) {
        self.init()
        timeout = settings.timeout
        retry.maximumAttempts = settings.attempts
        retry.attemptTimeout = settings.attemptTimeout
        retryBudget.ratio = settings.retryBudget
        balancing.policy = settings.balancing
        if !settings.ejectsOutliers { outliers = nil }
        if !settings.breaks { breaker.mode = .disabled }
        breaker.consecutiveFailures = settings.breakerFailures
        breaker.failureRate = settings.breakerFailureRate
        breaker.openDuration = settings.breakerOpenFor
        breaker.maximumOpenDuration = max(breaker.maximumOpenDuration, settings.breakerOpenFor)
        if let delay = settings.hedgeAfter {
            var hedging = HedgeConfiguration()
            hedging.delay = delay
            self.hedging = hedging
        }
        if let calls = settings.maximumRequests {
            var bulkhead = BulkheadConfiguration()
            bulkhead.maximumCalls = calls
            self.bulkhead = bulkhead
        }
    }
}
