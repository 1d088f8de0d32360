// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The configuration of a circuit breaker")
struct CircuitBreakerConfigurationTests {
    @Test("is valid as it comes")
    func defaults() {
        #expect(CircuitBreakerConfiguration().validate().isEmpty)
    }

    private typealias Change = @Sendable (inout CircuitBreakerConfiguration) -> Void

    private static let wrong: [(key: String, change: Change)] = [
        ("consecutiveFailures", { $0.consecutiveFailures = -1 }),
        ("consecutiveFailures", { $0.consecutiveFailures = 1_000_001 }),
        ("failureRate", { $0.failureRate = 0 }),
        ("failureRate", { $0.failureRate = -0.1 }),
        ("failureRate", { $0.failureRate = 1.01 }),
        ("failureRate", { $0.failureRate = .nan }),
        ("minimumCalls", { $0.minimumCalls = 0 }),
        ("minimumCalls", { $0.minimumCalls = 1_000_001 }),
        ("minimumCalls", { $0.window = .count(19) }),
        ("slowCallRate", { $0.slowCallRate = 0 }),
        ("slowCallRate", { $0.slowCallRate = 1.01 }),
        ("slowCallRate", { $0.slowCallRate = .nan }),
        ("slowCallDuration", { $0.slowCallDuration = .zero }),
        ("slowCallDuration", { $0.slowCallDuration = .seconds(3_601) }),
        ("window", { $0.window = .time(.zero) }),
        ("window", { $0.window = .time(.seconds(-1)) }),
        ("window", { $0.window = .time(.seconds(3_601)) }),
        ("window", { $0.window = .count(0) }),
        ("window", { $0.window = .count(-1) }),
        ("window", { $0.window = .count(1_025) }),
        ("window.buckets", { $0.window = .time(.seconds(10), buckets: 0) }),
        ("window.buckets", { $0.window = .time(.seconds(10), buckets: 17) }),
        ("openDuration", { $0.openDuration = .zero }),
        ("openDurationFactor", { $0.openDurationFactor = 0.9 }),
        ("openDurationFactor", { $0.openDurationFactor = .infinity }),
        ("openDurationFactor", { $0.openDurationFactor = .nan }),
        ("maximumOpenDuration", { $0.maximumOpenDuration = .seconds(1) }),
        ("maximumOpenDuration", { $0.maximumOpenDuration = .seconds(86_401) }),
        ("openDurationJitter", { $0.openDurationJitter = -0.1 }),
        ("openDurationJitter", { $0.openDurationJitter = 0.91 }),
        ("openDurationJitter", { $0.openDurationJitter = .nan }),
        ("halfOpenPermits", { $0.halfOpenPermits = 0 }),
        ("halfOpenPermits", { $0.halfOpenPermits = 1_001 }),
        ("probeDeadline", { $0.probeDeadline = .zero }),
        ("probeDeadline", { $0.probeDeadline = .seconds(3_601) }),
        ("historyLength", { $0.historyLength = -1 }),
        ("historyLength", { $0.historyLength = 1_001 }),
    ]

    @Test("names the key of what is wrong", arguments: wrong.indices)
    func names(_ index: Int) {
        var configuration = CircuitBreakerConfiguration()
        Self.wrong[index].change(&configuration)
        #expect(configuration.validate().map(\.key) == [Self.wrong[index].key])
        #expect(throws: InvalidConfiguration.self) { try CircuitBreakerState(configuration) }
        #expect(throws: InvalidConfiguration.self) { try CircuitBreaker(configuration: configuration) }
    }

    @Test("allows a minimum of calls as large as it likes in a window of time, and the whole window of counts")
    func highMinimum() {
        var configuration = CircuitBreakerConfiguration()
        configuration.minimumCalls = 1_000_000
        #expect(configuration.validate().isEmpty)
        configuration.minimumCalls = 100
        configuration.window = .count(100)
        #expect(configuration.validate().isEmpty)
    }

    @Test("reports every problem at once")
    func all() {
        var configuration = CircuitBreakerConfiguration()
        configuration.window = .time(.zero)
        configuration.halfOpenPermits = 0
        configuration.failureRate = 2
        #expect(configuration.validate().map(\.key) == ["failureRate", "window", "halfOpenPermits"])
    }
}
