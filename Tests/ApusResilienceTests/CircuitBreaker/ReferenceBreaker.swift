// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// The rules written down as plainly as they can be, with lists in place of counters: slow and obviously right.
struct ReferenceBreaker {
    struct Call {
        var bucket: Int64
        var failed: Bool
        var slow: Bool
    }

    struct Permit {
        var generation: UInt64
        /// Nil if nobody measured.
        var since: Int64?
        var isProbe: Bool
        var isWatched: Bool
    }

    struct Event: Equatable {
        var from: CircuitBreakerPhase
        var to: CircuitBreakerPhase
        var reason: CircuitBreakerTripReason?
        var at: Int64
        var generation: UInt64
    }

    var configuration: CircuitBreakerConfiguration
    var random: FastRandom
    var mode: CircuitBreakerMode
    var phase = CircuitBreakerPhase.closed
    var openUntil: Int64 = 0
    var nextOpen: Int64
    var generation: UInt64 = 1
    var permits: [Int: Permit] = [:]
    var calls: [Call] = []
    var newestBucket = Int64.min
    var run = 0
    var probes: Set<Int> = []
    var lastProbe: Int64 = 0
    var probeDue: Int64 = 0
    var succeeded = 0
    var reported: Set<String> = []
    var events: [Event] = []
    var counters: [String: UInt64] = [:]

    init(_ configuration: CircuitBreakerConfiguration, random: FastRandom) {
        self.configuration = configuration
        self.random = random
        mode = configuration.mode
        nextOpen = configuration.openDuration.nanoseconds
        if mode == .forcedOpen { phase = .open }
    }

    mutating func count(_ name: String) { counters[name, default: 0] += 1 }

    mutating func enter(_ next: CircuitBreakerPhase, _ reason: CircuitBreakerTripReason?, _ time: Int64) {
        generation += 1
        events.append(Event(from: phase, to: next, reason: reason, at: time, generation: generation))
        phase = next
    }

    mutating func catchUp(_ now: Int64) {
        while mode != .forcedOpen {
            if phase == .open, now >= openUntil {
                probes = []
                succeeded = 0
                enter(.halfOpen, nil, openUntil)
            } else if phase == .halfOpen, !probes.isEmpty, probes.count + succeeded >= configuration.halfOpenPermits,
                now >= probeDue
            {
                trip(.probeTimedOut, probeDue)
            } else {
                return
            }
        }
    }

    mutating func admit(_ id: Int, _ now: Int64, isMeasured: Bool) -> Bool {
        catchUp(now)
        let isFull = phase == .halfOpen && probes.count + succeeded >= configuration.halfOpenPermits
        if phase == .open || isFull {
            count("rejected")
            return false
        }
        if phase == .halfOpen {
            probes.insert(id)
            let patience = configuration.probeDeadline ?? min(configuration.openDuration, .seconds(30))
            probeDue = now + patience.nanoseconds
        }
        permits[id] = Permit(
            generation: generation, since: isMeasured || phase == .halfOpen ? now : nil, isProbe: phase == .halfOpen,
            isWatched: mode != .disabled)
        return true
    }

    mutating func record(_ id: Int, _ outcome: CallOutcome, _ now: Int64) {
        guard let permit = permits.removeValue(forKey: id), permit.isWatched, mode != .disabled else { return }
        catchUp(now)
        guard permit.generation == generation else { return count("late") }
        probes.remove(id)
        switch outcome {
        case .ignored: return count("ignored")
        case .cancelled: return count("cancelled")
        case .success, .failure, .failureRetryAfter: break
        }
        let failed = outcome.isFailure
        let took = permit.since.map { now - $0 } ?? 0
        let slow = configuration.slowCallRate != nil && took > configuration.slowCallDuration.nanoseconds
        count(failed ? "failures" : "successes")
        if slow { count("slow") }
        if phase == .halfOpen {
            recordProbe(outcome, slow ? took : nil, now)
        } else {
            recordCall(outcome, slow, now)
        }
    }

    private mutating func recordProbe(_ outcome: CallOutcome, _ slow: Int64?, _ now: Int64) {
        if outcome.isFailure { return trip(.probeFailed, now, outcome) }
        if let slow, configuration.slowProbesFail { return trip(.probeSlow(.nanoseconds(slow)), now) }
        succeeded += 1
        if succeeded >= configuration.halfOpenPermits { restart(.closed, nil, now) }
    }

    private mutating func recordCall(_ outcome: CallOutcome, _ slow: Bool, _ now: Int64) {
        let failed = outcome.isFailure
        run = failed ? run + 1 : 0
        switch configuration.window {
        case .count(let size):
            calls.append(Call(bucket: 0, failed: failed, slow: slow))
            calls = calls.suffix(size)
        case .time(let length, let buckets):
            newestBucket = max(newestBucket, now / (length.nanoseconds / Int64(buckets)))
            calls.append(Call(bucket: newestBucket, failed: failed, slow: slow))
            calls.removeAll { $0.bucket <= newestBucket - Int64(buckets) }
        }
        guard mode == .enabled || mode == .metricsOnly else { return }
        for reason in reasons(outcome, slow) {
            if mode == .enabled { return trip(reason, now, outcome) }
            guard reported.insert(reason.name).inserted else { continue }
            events.append(Event(from: phase, to: phase, reason: reason, at: now, generation: generation))
        }
    }

    private func reasons(_ outcome: CallOutcome, _ slow: Bool) -> [CircuitBreakerTripReason] {
        var reasons: [CircuitBreakerTripReason] = []
        let (failures, slowCalls) = (calls.count { $0.failed }, calls.count { $0.slow })
        let isWarm = calls.count >= configuration.minimumCalls
        if outcome.isFailure, configuration.consecutiveFailures > 0, run >= configuration.consecutiveFailures {
            reasons.append(.consecutiveFailures(run))
        }
        if outcome.isFailure, isWarm, let rate = configuration.failureRate,
            Double(failures) / Double(calls.count) >= rate - 1e-9
        {
            reasons.append(.failureRate(failures: failures, calls: calls.count))
        }
        if slow, isWarm, let rate = configuration.slowCallRate, Double(slowCalls) / Double(calls.count) >= rate - 1e-9 {
            reasons.append(.slowCallRate(slow: slowCalls, calls: calls.count))
        }
        if configuration.tripsOnRetryAfter, case .failureRetryAfter(let wait) = outcome {
            reasons.append(.retryAfter(wait))
        }
        return reasons
    }

    private mutating func trip(
        _ reason: CircuitBreakerTripReason, _ time: Int64, _ outcome: CallOutcome = .failure
    ) {
        var wait = nextOpen
        if configuration.openDurationJitter > 0 {
            wait -= Int64(Double(wait) * Double.random(in: 0...configuration.openDurationJitter, using: &random))
        }
        let maximum = configuration.maximumOpenDuration.nanoseconds
        if case .failureRetryAfter(let asked) = outcome { wait = max(wait, min(asked.nanoseconds, maximum)) }
        nextOpen = min(Int64(Double(nextOpen) * configuration.openDurationFactor), maximum)
        openUntil = time + wait
        count("trips")
        enter(.open, reason, time)
    }

    private mutating func restart(_ next: CircuitBreakerPhase, _ reason: CircuitBreakerTripReason?, _ time: Int64) {
        enter(next, reason, time)
        calls = []
        run = 0
        reported = []
        nextOpen = configuration.openDuration.nanoseconds
    }

    mutating func reset(_ now: Int64) {
        if mode == .forcedOpen {
            count("trips")
            restart(.open, .forced, now)
        } else {
            restart(.closed, nil, now)
        }
    }

    mutating func switchMode(_ next: CircuitBreakerMode, _ now: Int64) {
        guard next != mode else { return }
        mode = next
        reset(now)
    }

    mutating func reconfigure(_ next: CircuitBreakerConfiguration, _ now: Int64) {
        let previous = configuration
        configuration = next
        nextOpen =
            nextOpen > previous.openDuration.nanoseconds
            ? min(max(nextOpen, next.openDuration.nanoseconds), next.maximumOpenDuration.nanoseconds)
            : next.openDuration.nanoseconds
        switch (previous.window, next.window) {
        case (.count, .count(let size)): calls = calls.suffix(size)
        case (.time(let length, let buckets), .time(let nextLength, let nextBuckets)):
            guard previous.window != next.window else { break }
            newestBucket = max(newestBucket, now / (length.nanoseconds / Int64(buckets)))
            calls.removeAll { $0.bucket <= newestBucket - Int64(buckets) }
            newestBucket = now / (nextLength.nanoseconds / Int64(nextBuckets))
            for index in calls.indices { calls[index].bucket = newestBucket }
        default:
            calls = []
            newestBucket = .min
        }
        if next.mode != previous.mode, next.mode != mode {
            switchMode(next.mode, now)
        } else if phase == .halfOpen, succeeded >= next.halfOpenPermits {
            restart(.closed, nil, now)
        }
    }
}
