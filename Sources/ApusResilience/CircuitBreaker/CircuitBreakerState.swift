// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A circuit breaker as a value: events and the time go in, decisions come out. It reads no clock and holds no lock.
///
/// **Closed**: calls go through. It trips when ``CircuitBreakerConfiguration/consecutiveFailures`` calls in a row have
/// failed, when a failure brings the failure rate of the window to its threshold, or when a slow call does so with the
/// rate of slow calls, each rate with enough calls in the window. Only a failure or a slow call trips: a fast success
/// never does, even if it makes the minimum of calls full.
///
/// **Open**: calls are rejected with the time left. The open time grows each time the probes fail again, up to its
/// maximum, and chance may shorten it. A failure with a `Retry-After` that trips, opens at least that long, up to the
/// maximum; one that was recorded earlier has no say.
///
/// **Half-open**, from the moment the open time is over (that moment included): at most
/// ``CircuitBreakerConfiguration/halfOpenPermits`` calls go through as probes. If all succeed it closes with an empty
/// window; one failure opens it again, and so does a slow success if slow calls are watched; a cancelled or ignored
/// probe gives its permit back. If all permits are out and none comes back until the probe deadline after the last of
/// them, it opens again as of that moment: a hung or lost probe can't wedge it.
///
/// Each change of phase or mode starts a new generation. An outcome of an older generation is counted as late and
/// changes nothing: the success of a call that was made before the trip doesn't close the breaker, its failure doesn't
/// lengthen the break.
///
/// Times may arrive slightly out of order, as they do when several threads read the clock and then wait for a lock.
public struct CircuitBreakerState: Sendable {
    /// What the breaker does with calls.
    public internal(set) var phase = CircuitBreakerPhase.closed
    /// Whether it acts on what it sees.
    public internal(set) var mode: CircuitBreakerMode
    /// Starts at 1 and rises with every change of phase or mode.
    public internal(set) var generation: UInt64 = 1

    var configuration: CircuitBreakerConfiguration
    var limits: CircuitBreakerLimits
    var window: OutcomeWindow
    var consecutiveFailures = 0
    var openUntil = Int64.min
    var nextOpenDuration: Int64
    var probesOut = 0
    var probesSucceeded = 0
    var probesDue = Int64.min
    var reason: CircuitBreakerTripReason?
    /// Metrics only: the signals that were reported.
    var reported: TripSignals = []
    /// Metrics only: what was crossed and is to be told.
    var crossings: [CircuitBreakerTripReason] = []
    var counters = CircuitBreakerCounters()
    var history: [CircuitBreakerTransition] = []
    private var random: FastRandom

    /// A breaker that is closed, or open by force if its mode says so.
    ///
    /// - Parameters:
    ///   - configuration: when to trip and how to recover.
    ///   - random: the chance that shortens open times. Unused without a jitter.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        _ configuration: CircuitBreakerConfiguration = .init(), random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.configuration = configuration
        self.random = random
        mode = configuration.mode
        limits = CircuitBreakerLimits(configuration)
        window = OutcomeWindow(configuration.window)
        nextOpenDuration = limits.openDuration
        if mode == .forcedOpen {
            phase = .open
            reason = .forced
        }
    }

    /// Whether a call may be made at `now`.
    public mutating func admit(now: Instant) -> CircuitBreakerAdmission {
        while advance(to: now) != nil {}
        switch phase {
        case .closed:
            return .admitted(permit(now))
        case .open:
            if mode == .forcedOpen { return reject(for: limits.openDuration) }
            return reject(until: openUntil, now: now)
        case .halfOpen:
            guard probesOut + probesSucceeded < limits.halfOpenPermits else {
                return reject(until: probesDue, now: now)
            }
            probesOut += 1
            probesDue = Self.sum(now.nanoseconds, limits.probeDeadline)
            return .admitted(permit(now))
        }
    }

    /// Takes a permit back with what became of its call, which took from the admission until `now`.
    ///
    /// - Returns: the change of phase that this outcome caused, if it did.
    @discardableResult
    public mutating func record(
        _ permit: consuming CircuitBreakerPermit, _ outcome: CallOutcome, now: Instant
    ) -> CircuitBreakerTransition? {
        let (generation, admittedAt) = (permit.generation, permit.admittedAt)
        permit.spend()
        guard generation != 0 else { return nil }
        while advance(to: now) != nil {}
        return record(generation: generation, admittedAt: admittedAt, outcome, now: now)
    }

    /// Makes the next transition that is due by `now` without another event, if there is one: the end of an open time
    /// or of the patience with probes, and further signals that the last outcome crossed for a breaker that only
    /// reports.
    ///
    /// ``admit(now:)`` and ``record(_:_:now:)`` do this first; call it before them, until it returns nil, to hear of
    /// these changes too. There is a bound: at most two changes of phase are due at once.
    public mutating func advance(to now: Instant) -> CircuitBreakerTransition? {
        switch phase {
        case .closed:
            guard !crossings.isEmpty else { return nil }
            return report(crossings.removeFirst(), at: now.nanoseconds)
        case .open:
            guard mode != .forcedOpen, now.nanoseconds >= openUntil else { return nil }
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
            phase: phase, mode: mode, generation: generation, figures: figures,
            reason: phase == .closed ? nil : reason,
            openUntil: phase == .open && mode != .forcedOpen ? Instant(nanoseconds: openUntil) : nil,
            probesOut: phase == .halfOpen ? probesOut : 0, counters: counters, history: history)
    }

    var figures: CircuitBreakerFigures {
        let totals = window.totals
        return CircuitBreakerFigures(
            calls: totals.calls, failures: totals.failures, slow: totals.slow, consecutiveFailures: consecutiveFailures)
    }

    /// What a permit of now carries: never 0, but 0 while nothing is recorded.
    @inline(__always) var permitGeneration: UInt32 { mode == .disabled ? 0 : UInt32(truncatingIfNeeded: generation) }

    @inline(__always) var isClosedAndRecording: Bool { phase == .closed && mode != .disabled }

    private func permit(_ now: Instant) -> CircuitBreakerPermit {
        CircuitBreakerPermit(generation: permitGeneration, admittedAt: now.nanoseconds)
    }

    private mutating func reject(until time: Int64, now: Instant) -> CircuitBreakerAdmission {
        reject(for: now.duration(to: Instant(nanoseconds: time)).nanoseconds)
    }

    private mutating func reject(for wait: Int64) -> CircuitBreakerAdmission {
        counters.rejected += 1
        return .rejected(retryAfter: .nanoseconds(max(1, wait)))
    }

    /// Opens for the next open time, or for what the peer asked if that is longer.
    mutating func trip(
        _ reason: CircuitBreakerTripReason, at time: Int64, retryAfter: Int64 = 0
    ) -> CircuitBreakerTransition {
        self.reason = reason
        counters.trips += 1
        var length = nextOpenDuration
        if limits.openDurationJitter > 0 {
            length -= Int64(Double(length) * Double.random(in: 0...limits.openDurationJitter, using: &random))
        }
        openUntil = Self.sum(time, max(length, min(retryAfter, limits.maximumOpenDuration)))
        // At most 24 h times 10, which is far from the bounds of Int64.
        let grown = Int64(Double(nextOpenDuration) * limits.openDurationFactor)
        nextOpenDuration = min(grown, limits.maximumOpenDuration)
        return change(to: .open, at: time)
    }

    /// Closes with an empty window, and forgets the trouble that was.
    mutating func close(at time: Int64) -> CircuitBreakerTransition {
        let transition = change(to: .closed, at: time)
        clear()
        return transition
    }

    mutating func clear() {
        consecutiveFailures = 0
        window.clear()
        nextOpenDuration = limits.openDuration
        reported = []
        crossings = []
    }

    mutating func change(to next: CircuitBreakerPhase, at time: Int64) -> CircuitBreakerTransition {
        let previous = phase
        phase = next
        generation += 1
        // Permits carry the low half, in which 0 has a meaning of its own.
        if UInt32(truncatingIfNeeded: generation) == 0 { generation += 1 }
        return remember(
            CircuitBreakerTransition(
                from: previous, to: next, reason: next == .open ? reason : nil, at: Instant(nanoseconds: time),
                generation: generation, mode: mode, figures: figures))
    }

    mutating func report(_ reason: CircuitBreakerTripReason, at time: Int64) -> CircuitBreakerTransition {
        remember(
            CircuitBreakerTransition(
                from: phase, to: phase, reason: reason, at: Instant(nanoseconds: time), generation: generation,
                mode: mode, figures: figures))
    }

    private mutating func remember(_ transition: CircuitBreakerTransition) -> CircuitBreakerTransition {
        if limits.historyLength > 0 {
            if history.count == limits.historyLength { history.removeFirst() }
            history.append(transition)
        }
        return transition
    }

    /// `time` plus a duration that isn't negative.
    static func sum(_ time: Int64, _ duration: Int64) -> Int64 {
        let (sum, overflow) = time.addingReportingOverflow(duration)
        return overflow ? .max : sum
    }
}
