// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// The state machine of one health check: which run is under way, and what its outcome means.
///
/// - At most one run is under way: who asks while it is joins it. A run that ignores its cancellation is never doubled;
///   while it hangs, every interval counts as one more failure.
/// - The first outcome decides the status. After that it changes only after as many outcomes in a row as the configuration
///   says, so that one lost packet doesn't empty a load balancer.
/// - An outcome counts for the run that is under way and for no other.
struct HealthCheckState: Sendable {
    struct Run: Hashable, Sendable {
        fileprivate let generation: UInt64
    }

    enum Start: Hashable, Sendable {
        /// Start this run.
        case run(Run)
        /// One is under way; wait for its outcome.
        case join
        /// One is under way and given up; there is nothing to wait for.
        case hanging
    }

    let configuration: HealthCheckConfiguration
    private(set) var result: HealthCheckResult
    /// When the next run is due.
    private(set) var nextRun: Instant
    private var current: (run: Run, started: Instant, isGivenUp: Bool)?
    private(set) var generation: UInt64
    /// Outcomes in a row that contradict the status.
    private var contradictions = 0

    init(_ configuration: HealthCheckConfiguration, at now: Instant, generation: UInt64 = 0) {
        self.configuration = configuration
        self.generation = generation
        nextRun = now
        result = HealthCheckResult(status: .unknown, since: now, isCritical: configuration.isCritical)
    }

    /// Somebody wants to know now.
    mutating func begin(at now: Instant) -> Start {
        if let current {
            guard current.isGivenUp else { return .join }
            if now >= nextRun {
                nextRun = now.advanced(by: configuration.interval)
                record(failure: "still hangs", at: now, duration: current.started.duration(to: now))
            }
            return .hanging
        }
        generation += 1
        let run = Run(generation: generation)
        current = (run, now, false)
        nextRun = now.advanced(by: configuration.interval)
        return .run(run)
    }

    /// The check of `run` came back; `failure` is nil if it succeeded. Returns whether that ended what others wait for.
    mutating func end(_ run: Run, failure: String?, at now: Instant) -> Bool {
        guard let current, current.run == run else { return false }
        self.current = nil
        // Given up: it failed already, and what it says now is old.
        if current.isGivenUp { return false }
        record(failure: failure, at: now, duration: current.started.duration(to: now))
        return true
    }

    /// Gives up a run that takes longer than the timeout. Returns whether that happened just now: then
    /// the run is to be cancelled.
    mutating func giveUp(at now: Instant) -> Bool {
        guard let current, !current.isGivenUp, current.started.duration(to: now) >= configuration.timeout else {
            return false
        }
        self.current?.isGivenUp = true
        record(
            failure: "no answer within \(DurationText.show(configuration.timeout))", at: now,
            duration: configuration.timeout)
        return true
    }

    private mutating func record(failure: String?, at now: Instant, duration: Duration) {
        result.checkedAt = now
        result.duration = duration
        if let failure {
            result.lastError = failure
            result.lastErrorAt = now
        }
        let outcome: HealthStatus = failure == nil ? .up : .down
        guard outcome != result.status else {
            contradictions = 0
            return
        }
        contradictions += 1
        let needed =
            switch result.status {
            case .unknown: 1
            case .up: configuration.failuresBeforeDown
            case .down: configuration.successesBeforeUp
            }
        guard contradictions >= needed else { return }
        contradictions = 0
        result.status = outcome
        result.since = now
    }
}
