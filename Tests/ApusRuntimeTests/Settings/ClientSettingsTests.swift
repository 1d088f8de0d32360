// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusResilience
import ApusRuntime
import Testing

@Suite("The settings of calls to other services")
struct ClientSettingsTests {
    private func read(_ environment: [String: String]) -> (client: ClientSettings, problems: [String]) {
        var settings = Settings(environment: environment)
        let service = ServiceSettings(from: &settings, name: "users")
        return (service.client, settings.problems.map(\.description))
    }

    @Test("are the defaults if nothing is said")
    func defaults() {
        let (client, problems) = read([:])
        #expect(client == ClientSettings() && problems.isEmpty)
    }

    @Test("are read, each with its unit, and off where there is something to turn off")
    func values() {
        let (client, problems) = read([
            "CLIENT_TIMEOUT": "2s", "CLIENT_ATTEMPTS": "1", "CLIENT_ATTEMPT_TIMEOUT": "500ms",
            "CLIENT_RETRY_BUDGET": "0.05", "CLIENT_HEDGE_AFTER": "p99.9", "CLIENT_BALANCING": "peak-ewma",
            "CLIENT_OUTLIERS": "off", "CLIENT_BREAKER": "off", "CLIENT_BREAKER_FAILURES": "off",
            "CLIENT_BREAKER_FAILURE_RATE": "off", "CLIENT_BREAKER_OPEN_FOR": "2m", "CLIENT_MAX_REQUESTS": "7",
        ])
        #expect(problems.isEmpty)
        #expect(client.timeout == .seconds(2) && client.attempts == 1 && client.attemptTimeout == .milliseconds(500))
        #expect(client.retryBudget == 0.05 && client.hedgeAfter == .percentile(0.999))
        #expect(client.balancing == .peakEWMA && !client.ejectsOutliers && !client.breaks)
        #expect(client.breakerFailures == 0 && client.breakerFailureRate == nil)
        #expect(client.breakerOpenFor == .seconds(120) && client.maximumRequests == 7)
        #expect(read(["CLIENT_HEDGE_AFTER": "20ms"]).client.hedgeAfter == .fixed(.milliseconds(20)))
        #expect(read(["CLIENT_HEDGE_AFTER": "off"]).client.hedgeAfter == nil)
    }

    @Test("what is no value is told, everything at once")
    func problems() {
        #expect(
            read([
                "CLIENT_TIMEOUT": "10", "CLIENT_ATTEMPTS": "0", "CLIENT_RETRY_BUDGET": "x", "CLIENT_HEDGE_AFTER": "p40",
                "CLIENT_BALANCING": "maglev", "CLIENT_OUTLIERS": "5", "CLIENT_BREAKER_FAILURE_RATE": "1.5",
                "CLIENT_MAX_REQUESTS": "none", "LOAD_SHEDDING": "of",
            ]).problems == [
                #"CLIENT_TIMEOUT (environment): "10" has no unit; expected a duration such as 250ms, 30s, 5m or 1h; for seconds write 10s"#,
                #"CLIENT_ATTEMPTS (environment): "0" is out of range; expected 1 to 10"#,
                #"CLIENT_RETRY_BUDGET (environment): "x" is not a number; expected a number from 0 to 10"#,
                #"CLIENT_HEDGE_AFTER (environment): "p40" is out of range; expected a number from 50 to 99.99, or off"#,
                #"CLIENT_BALANCING (environment): "maglev" is not one of round-robin, weighted-round-robin, random, least-requests, peak-ewma"#,
                #"CLIENT_OUTLIERS (environment): "5" is not a boolean; expected true or false"#,
                #"CLIENT_BREAKER_FAILURE_RATE (environment): "1.5" is out of range; expected a number from 0.001 to 1, or off"#,
                #"CLIENT_MAX_REQUESTS (environment): "none" is not an integer; expected 1 to 1000000, or off"#,
                #"LOAD_SHEDDING (environment): "of" is not a boolean; expected true or false"#,
            ])
    }
}
