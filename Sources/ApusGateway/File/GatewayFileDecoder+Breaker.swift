// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import ApusYAML

extension GatewayFileDecoder {
    /// A circuit breaker, of an instance or a route.
    func breaker(_ value: ValueReader) -> CircuitBreakerConfiguration? {
        guard var fields = value.fields("a mapping, {} for the defaults") else { return nil }
        defer { fields.finish() }
        var breaker = CircuitBreakerConfiguration()
        let modes = Self.breakerModes
        fields.set(&breaker.mode, "mode") { value in
            value.choice(modes.map(\.name)).flatMap { name in modes.first { $0.name == name }?.mode }
        }
        fields.set(&breaker.consecutiveFailures, "consecutiveFailures") { $0.integerOrOff(in: 1...1_000_000) }
        fields.set(&breaker.failureRate, "failureRate") { $0.orOff { $0.fraction() } }
        fields.set(&breaker.slowCallRate, "slowCallRate") { $0.orOff { $0.fraction() } }
        fields.set(&breaker.slowCallDuration, "slowCallDuration") {
            $0.duration(in: .milliseconds(1)...(.seconds(3600)))
        }
        let minimum = fields.value("minimumRequests")
        if let number = minimum?.integer(in: 1...100_000) { breaker.minimumCalls = number }
        fields.set(&breaker.window, "window") { window($0) }
        fields.set(&breaker.tripsOnRetryAfter, "openOnRetryAfter") { $0.boolean() }
        fields.set(&breaker.openDuration, "openFor") { $0.duration(in: .milliseconds(10)...(.seconds(3600))) }
        fields.set(&breaker.openDurationFactor, "openForFactor") { $0.number(in: 1...10) }
        let longest = fields.value("maxOpenFor")
        breaker.maximumOpenDuration =
            longest?.duration(in: .milliseconds(10)...(.seconds(86_400)))
            ?? max(breaker.openDuration, breaker.maximumOpenDuration)
        fields.set(&breaker.openDurationJitter, "openForJitter") { $0.number(in: 0...0.9) }
        fields.set(&breaker.halfOpenPermits, "probes") { $0.integer(in: 1...1_000) }
        fields.set(&breaker.probeDeadline, "probeTimeout") { $0.duration(in: .milliseconds(1)...(.seconds(3600))) }
        if case .count(let calls) = breaker.window, breaker.minimumCalls > calls {
            // Of a small window that says nothing else, all requests are needed.
            if let minimum {
                minimum.error("'\(minimum.path)' must be at most the \(calls) requests of the window")
            }
            breaker.minimumCalls = calls
        }
        if let longest, breaker.maximumOpenDuration < breaker.openDuration {
            longest.error("'\(longest.path)' must be at least 'openFor'")
        }
        return breaker
    }

    private static let breakerModes: [(name: String, mode: CircuitBreakerMode)] = [
        ("enabled", .enabled), ("disabled", .disabled), ("metrics-only", .metricsOnly), ("forced-open", .forcedOpen),
        ("forced-closed", .forcedClosed),
    ]

    /// A time, or a number of requests.
    private func window(_ value: ValueReader) -> CircuitBreakerWindow? {
        value.parsed("a duration from 100ms to 1h, such as 10s, or a number of requests from 1 to 1024") { text in
            if let calls = Int(text) { return (1...1_024).contains(calls) ? .count(calls) : nil }
            guard let length = UnitText.duration(text) else { return nil }
            return length >= .milliseconds(100) && length <= .seconds(3600) ? .time(length) : nil
        }
    }
}
