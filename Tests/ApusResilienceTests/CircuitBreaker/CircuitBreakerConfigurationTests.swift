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
        ("window", { $0.window = .zero }),
        ("window", { $0.window = .seconds(-1) }),
        ("window", { $0.window = .seconds(3_601) }),
        ("windowBuckets", { $0.windowBuckets = 0 }),
        ("windowBuckets", { $0.windowBuckets = 17 }),
        ("openDuration", { $0.openDuration = .zero }),
        ("openDurationFactor", { $0.openDurationFactor = 0.9 }),
        ("openDurationFactor", { $0.openDurationFactor = .infinity }),
        ("openDurationFactor", { $0.openDurationFactor = .nan }),
        ("maximumOpenDuration", { $0.maximumOpenDuration = .seconds(1) }),
        ("maximumOpenDuration", { $0.maximumOpenDuration = .seconds(86_401) }),
        ("halfOpenPermits", { $0.halfOpenPermits = 0 }),
        ("probeDeadline", { $0.probeDeadline = .zero }),
    ]

    @Test("names the key of what is wrong", arguments: wrong.indices)
    func names(_ index: Int) {
        var configuration = CircuitBreakerConfiguration()
        Self.wrong[index].change(&configuration)
        #expect(configuration.validate().map(\.key) == [Self.wrong[index].key])
        #expect(throws: InvalidConfiguration.self) { try CircuitBreakerState(configuration) }
        #expect(throws: InvalidConfiguration.self) { try CircuitBreaker(configuration: configuration) }
    }

    @Test("reports every problem at once")
    func all() {
        var configuration = CircuitBreakerConfiguration()
        configuration.window = .zero
        configuration.halfOpenPermits = 0
        configuration.failureRate = 2
        #expect(configuration.validate().map(\.key) == ["failureRate", "window", "halfOpenPermits"])
    }
}
