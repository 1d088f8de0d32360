// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The configuration of a circuit breaker in the units that its state works with.
struct CircuitBreakerLimits: Sendable {
    let consecutiveFailures: Int
    let failuresPerMillion: Int?
    let slowPerMillion: Int?
    let slowDuration: Int64
    let minimumCalls: Int
    let tripsOnRetryAfter: Bool
    let openDuration: Int64
    let openDurationFactor: Double
    let maximumOpenDuration: Int64
    let openDurationJitter: Double
    let halfOpenPermits: Int
    let probeDeadline: Int64
    let slowProbesFail: Bool
    let historyLength: Int

    init(_ configuration: CircuitBreakerConfiguration) {
        consecutiveFailures = configuration.consecutiveFailures == 0 ? .max : configuration.consecutiveFailures
        failuresPerMillion = configuration.failureRate.map { Int(($0 * 1_000_000).rounded()) }
        slowPerMillion = configuration.slowCallRate.map { Int(($0 * 1_000_000).rounded()) }
        slowDuration = configuration.slowCallRate == nil ? .max : configuration.slowCallDuration.nanoseconds
        minimumCalls = configuration.minimumCalls
        tripsOnRetryAfter = configuration.tripsOnRetryAfter
        openDuration = configuration.openDuration.nanoseconds
        openDurationFactor = configuration.openDurationFactor
        maximumOpenDuration = configuration.maximumOpenDuration.nanoseconds
        openDurationJitter = configuration.openDurationJitter
        halfOpenPermits = configuration.halfOpenPermits
        probeDeadline = (configuration.probeDeadline ?? min(configuration.openDuration, .seconds(30))).nanoseconds
        slowProbesFail = configuration.slowProbesFail
        historyLength = configuration.historyLength
    }

    /// Whether so many of the calls in a window are a share of at least `perMillion`, and the window holds enough.
    func isReached(_ perMillion: Int?, _ part: Int, of calls: Int) -> Bool {
        guard let perMillion, calls >= minimumCalls else { return false }
        return part * 1_000_000 >= calls * perMillion
    }
}
