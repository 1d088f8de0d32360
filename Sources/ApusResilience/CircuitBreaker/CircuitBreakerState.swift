// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A circuit breaker as a value: events and the time go in, decisions come out. It reads no clock and holds no lock.
///
/// **Closed**: calls go through. It trips when ``CircuitBreakerConfiguration/consecutiveFailures`` calls in a row have
/// failed, or when a failure brings the rate of the window to the threshold with enough calls in it. Only a failure
/// trips: a success never does, even if it makes the minimum of calls full.
///
/// **Open**: calls are rejected with the time left. The open time grows each time the probes fail again, up to its
/// maximum.
///
/// **Half-open**, from the moment the open time is over (that moment included): at most
/// ``CircuitBreakerConfiguration/halfOpenPermits`` calls go through as probes. If all succeed it closes with an empty
/// window; one failure opens it again; a cancelled probe gives its permit back. If all permits are out and none comes
/// back until the probe deadline after the last of them, it opens again as of that moment: a hung or lost probe can't
/// wedge it.
///
/// Each change of phase starts a new generation. An outcome of an older generation is counted as late and changes
/// nothing: the success of a call that was made before the trip doesn't close the breaker, its failure doesn't lengthen
/// the break.
///
/// Times may arrive slightly out of order, as they do when several threads read the clock and then wait for a lock.
public struct CircuitBreakerState: Sendable {
    /// What the breaker does with calls.
    public private(set) var phase = CircuitBreakerPhase.closed
    /// Starts at 1 and rises with every change of phase.
    public private(set) var generation: UInt64 = 1

    private var consecutiveFailures: Int = 0
    private var window: RollingWindow
    private var openUntil: Int64 = 0
    private var nextOpenDuration: Int64
    private var probesOut: Int = 0
    private var probesSucceeded: Int = 0
    private var probesDue: Int64 = 0
    private var reason: CircuitBreakerTripReason?
    private var counters = CircuitBreakerCounters()

    private let limits: Limits

    /// The configuration in the units that the hot path works with.
    private struct Limits: Sendable {
        let consecutiveFailures: Int
        let failuresPerMillion: Int
        let minimumCalls: Int
        let openDuration: Int64
        let openDurationFactor: Double
        let maximumOpenDuration: Int64
        let halfOpenPermits: Int
        let probeDeadline: Int64

        init(_ configuration: CircuitBreakerConfiguration) {
            consecutiveFailures = configuration.consecutiveFailures == 0 ? .max : configuration.consecutiveFailures
            failuresPerMillion = configuration.failureRate.map { Int(($0 * 1_000_000).rounded()) } ?? 0
            minimumCalls = configuration.failureRate == nil ? .max : configuration.minimumCalls
            openDuration = configuration.openDuration.nanoseconds
            openDurationFactor = configuration.openDurationFactor
            maximumOpenDuration = configuration.maximumOpenDuration.nanoseconds
            halfOpenPermits = configuration.halfOpenPermits
            probeDeadline = (configuration.probeDeadline ?? min(configuration.openDuration, .seconds(30))).nanoseconds
        }
    }

    /// A closed breaker.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(_ configuration: CircuitBreakerConfiguration = .init()) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        limits = Limits(configuration)
        window = RollingWindow(length: configuration.window.nanoseconds, bucketCount: configuration.windowBuckets)
        nextOpenDuration = limits.openDuration
    }

    /// Whether a call may be made at `now`.
    public mutating func admit(now: Instant) -> CircuitBreakerAdmission {
        while advance(to: now) != nil {}
        switch phase {
        case .closed:
            return .admitted(CircuitBreakerPermit(generation: generation))
        case .open:
            return reject(until: openUntil, now: now)
        case .halfOpen:
            guard probesOut + probesSucceeded < limits.halfOpenPermits else {
                return reject(until: probesDue, now: now)
            }
            probesOut += 1
            probesDue = Self.sum(now.nanoseconds, limits.probeDeadline)
            return .admitted(CircuitBreakerPermit(generation: generation))
        }
    }

    /// Takes a permit back with what became of its call.
    ///
    /// - Returns: the change of phase that this outcome caused, if it did.
    @discardableResult
    public mutating func record(
        _ permit: consuming CircuitBreakerPermit, _ outcome: CallOutcome, now: Instant
    ) -> CircuitBreakerTransition? {
        while advance(to: now) != nil {}
        return record(generation: permit.generation, outcome, now: now)
    }

    /// Makes the next change of phase that time alone is due to make by `now`, if there is one.
    ///
    /// ``admit(now:)`` and ``record(_:_:now:)`` do this first; call it before them, until it returns nil, to hear of
    /// these changes too. At most two are due at once.
    public mutating func advance(to now: Instant) -> CircuitBreakerTransition? {
        switch phase {
        case .closed:
            return nil
        case .open:
            guard now.nanoseconds >= openUntil else { return nil }
            probesOut = 0
            probesSucceeded = 0
            return change(to: .halfOpen, at: openUntil)
        case .halfOpen:
            guard probesOut > 0, probesOut + probesSucceeded >= limits.halfOpenPermits, now.nanoseconds >= probesDue
            else { return nil }
            return trip(.probeTimedOut, at: probesDue)
        }
    }

    /// What the breaker knows.
    public var snapshot: CircuitBreakerSnapshot {
        CircuitBreakerSnapshot(
            phase: phase, generation: generation, consecutiveFailures: consecutiveFailures, windowCalls: window.calls,
            windowFailures: window.failures, reason: phase == .closed ? nil : reason,
            openUntil: phase == .open ? Instant(nanoseconds: openUntil) : nil, counters: counters)
    }

    mutating func record(
        generation permit: UInt64, _ outcome: CallOutcome, now: Instant
    ) -> CircuitBreakerTransition? {
        guard permit == generation else {
            counters.late += 1
            return nil
        }
        switch outcome {
        case .success:
            counters.successes += 1
            return phase == .halfOpen ? recordProbeSuccess(now: now) : recordSuccess(now: now)
        case .failure:
            counters.failures += 1
            return phase == .halfOpen ? trip(.probeFailed, at: now.nanoseconds) : recordFailure(now: now)
        case .cancelled:
            counters.cancelled += 1
            if phase == .halfOpen { probesOut -= 1 }
            return nil
        }
    }

    private mutating func recordSuccess(now: Instant) -> CircuitBreakerTransition? {
        consecutiveFailures = 0
        window.recordSuccess(at: now.nanoseconds)
        return nil
    }

    private mutating func recordFailure(now: Instant) -> CircuitBreakerTransition? {
        consecutiveFailures += 1
        window.recordFailure(at: now.nanoseconds)
        if consecutiveFailures >= limits.consecutiveFailures {
            return trip(.consecutiveFailures(consecutiveFailures), at: now.nanoseconds)
        }
        if window.calls >= limits.minimumCalls,
            window.failures * 1_000_000 >= window.calls * limits.failuresPerMillion
        {
            return trip(.failureRate(failures: window.failures, calls: window.calls), at: now.nanoseconds)
        }
        return nil
    }

    private mutating func recordProbeSuccess(now: Instant) -> CircuitBreakerTransition? {
        probesOut -= 1
        probesSucceeded += 1
        guard probesSucceeded >= limits.halfOpenPermits else { return nil }
        consecutiveFailures = 0
        window.clear()
        nextOpenDuration = limits.openDuration
        return change(to: .closed, at: now.nanoseconds)
    }

    private mutating func trip(_ reason: CircuitBreakerTripReason, at time: Int64) -> CircuitBreakerTransition {
        self.reason = reason
        counters.trips += 1
        openUntil = Self.sum(time, nextOpenDuration)
        // At most 24 h times 10, which is far from the bounds of Int64.
        let grown = Int64(Double(nextOpenDuration) * limits.openDurationFactor)
        nextOpenDuration = min(grown, limits.maximumOpenDuration)
        return change(to: .open, at: time)
    }

    private mutating func change(to next: CircuitBreakerPhase, at time: Int64) -> CircuitBreakerTransition {
        let previous = phase
        phase = next
        generation += 1
        return CircuitBreakerTransition(
            from: previous, to: next, reason: next == .open ? reason : nil, at: Instant(nanoseconds: time),
            generation: generation)
    }

    private mutating func reject(until time: Int64, now: Instant) -> CircuitBreakerAdmission {
        counters.rejected += 1
        return .rejected(retryAfter: max(.nanoseconds(1), now.duration(to: Instant(nanoseconds: time))))
    }

    /// `time` plus a duration that isn't negative.
    private static func sum(_ time: Int64, _ duration: Int64) -> Int64 {
        let (sum, overflow) = time.addingReportingOverflow(duration)
        return overflow ? .max : sum
    }
}
