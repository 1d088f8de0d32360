// SPDX-License-Identifier: Apache-2.0
public import ApusCore

// What people do to a breaker at run time.
extension CircuitBreakerState {
    /// Changes the mode and starts a new generation: closed with an empty window, or open by force. Counters and
    /// history stay.
    ///
    /// - Returns: the transition; nil if the mode is this one already, which changes nothing.
    @discardableResult
    public mutating func switchMode(to next: CircuitBreakerMode, now: Instant) -> CircuitBreakerTransition? {
        guard next != mode else { return nil }
        mode = next
        return restart(now: now)
    }

    /// Starts a new generation in the same mode, as if the breaker were new, but for counters and history.
    @discardableResult
    public mutating func reset(now: Instant) -> CircuitBreakerTransition {
        restart(now: now)
    }

    /// Goes on with another configuration.
    ///
    /// Phase, generation, run of failures, counters and history stay, and a break that runs keeps its end. The window
    /// keeps what it holds: a shorter count its newest calls, another time everything that is not too old, as if it
    /// were of `now`; between a time and a count it starts empty. The mode changes only if the configured one does, so
    /// that a reload doesn't undo what a person has switched.
    ///
    /// - Returns: the transition, if this made one: a switch of the mode, or the recovery of a breaker that needs no
    ///   more probes.
    /// - Throws: ``InvalidConfiguration`` with every problem; the old configuration stays in force.
    @discardableResult
    public mutating func reconfigure(
        _ next: CircuitBreakerConfiguration, now: Instant
    ) throws(InvalidConfiguration) -> CircuitBreakerTransition? {
        let problems = next.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        let (previous, hasGrown) = (configuration, nextOpenDuration > limits.openDuration)
        configuration = next
        limits = CircuitBreakerLimits(next)
        window = window.reshaped(next.window, now: now.nanoseconds)
        nextOpenDuration =
            hasGrown
            ? min(max(nextOpenDuration, limits.openDuration), limits.maximumOpenDuration) : limits.openDuration
        if history.count > limits.historyLength { history.removeFirst(history.count - limits.historyLength) }
        if next.mode != previous.mode, let transition = switchMode(to: next.mode, now: now) { return transition }
        guard phase == .halfOpen, probesSucceeded >= limits.halfOpenPermits else { return nil }
        return close(at: now.nanoseconds)
    }

    private mutating func restart(now: Instant) -> CircuitBreakerTransition {
        guard mode == .forcedOpen else { return close(at: now.nanoseconds) }
        reason = .forced
        counters.trips += 1
        let transition = change(to: .open, at: now.nanoseconds)
        clear()
        return transition
    }
}
