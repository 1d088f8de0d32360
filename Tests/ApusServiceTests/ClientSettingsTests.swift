// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusResilience
import ApusRuntime
import ApusService
import Testing

@Suite("A client that is configured by settings")
struct ClientSettingsTests {
    @Test("is as without any if they say nothing")
    func defaults() {
        #expect(ServiceClientConfiguration(ClientSettings()) == ServiceClientConfiguration())
    }

    @Test("does what they say, and can be made whatever they say")
    func values() {
        var settings = ClientSettings()
        settings.timeout = .seconds(3)
        settings.attempts = 5
        settings.attemptTimeout = .seconds(1)
        settings.retryBudget = 0.1
        settings.hedgeAfter = .fixed(.milliseconds(5))
        settings.balancing = .leastRequests
        settings.ejectsOutliers = false
        settings.breakerFailures = 0
        settings.breakerFailureRate = nil
        settings.breakerOpenFor = .seconds(3600)
        settings.maximumRequests = 9
        var configuration = ServiceClientConfiguration(settings)
        #expect(configuration.validate().isEmpty)
        #expect(configuration.timeout == .seconds(3) && configuration.maximumAttempts == 5)
        #expect(configuration.retry.attemptTimeout == .seconds(1) && configuration.retryBudget.ratio == 0.1)
        #expect(configuration.hedging?.delay == .fixed(.milliseconds(5)))
        #expect(configuration.balancing.policy == .leastRequests && configuration.outliers == nil)
        #expect(configuration.breaker.mode == .enabled && configuration.breaker.openDuration == .seconds(3600))
        #expect(configuration.breaker.consecutiveFailures == 0 && configuration.breaker.failureRate == nil)
        #expect(configuration.bulkhead?.maximumCalls == 9)
        settings.breaks = false
        configuration = ServiceClientConfiguration(settings)
        #expect(configuration.breaker.mode == .disabled)
    }
}
