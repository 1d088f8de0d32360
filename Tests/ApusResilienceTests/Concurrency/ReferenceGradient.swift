// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// The rules of the gradient limit written down as plainly as they can be: each window keeps its calls as a list, and at its
/// end what follows is read off them.
struct ReferenceGradient {
    struct Call {
        let latency: Double
        let inFlight: Int
        let outcome: ConcurrencyOutcome
    }

    struct Window {
        let calls: [Call]
        let end: Int64
        /// Whether it was given up, as a probe in which too few calls ended.
        let isGivenUp: Bool

        private func mean(_ calls: [Call]) -> Double {
            max(1, calls.reduce(0) { $0 + $1.latency } / Double(calls.count))
        }

        var answered: [Call] { calls.filter { $0.outcome == .answered } }
        var dropped: [Call] { calls.filter { $0.outcome == .dropped } }
        var meanAnswered: Double { mean(answered) }
        var meanOfAll: Double {
            let sum = answered.reduce(0) { $0 + $1.latency } + dropped.reduce(0) { $0 + $1.latency }
            return max(1, sum / Double(answered.count + dropped.count))
        }
        var mostInFlight: Int { calls.map(\.inFlight).max() ?? 0 }
    }

    struct Probe {
        let limitBefore: Double
        let latencyBefore: Double
        let limit: Double
        let end: Int64
    }

    /// What follows from the windows so far.
    struct Situation {
        var limit: Double
        var normal: Double?
        var probe: Probe?
        var windowsAtFloor = 0
        var windowsHeldBack = 0
        var windowsToProbe = 10
        /// How many probes came to an end, for the test to see that there were some.
        var probes = 0
    }

    let configuration: AdaptiveConcurrencyConfiguration
    private(set) var situation: Situation
    private var calls: [Call] = []
    private var start: Int64?

    init(_ configuration: AdaptiveConcurrencyConfiguration) {
        self.configuration = configuration
        situation = Situation(limit: Double(configuration.initialLimit))
    }

    mutating func record(_ latency: Int64, _ inFlight: Int, _ outcome: ConcurrencyOutcome, _ now: Int64) {
        start = start ?? now
        let probe = situation.probe
        if let probe, now >= probe.end {
            close(now, isGivenUp: true)
            return
        }
        if let probe, inFlight > Int(probe.limit) { return }
        calls.append(Call(latency: Double(max(0, latency)), inFlight: inFlight, outcome: outcome))
        let counting = calls.count { $0.outcome != .ignored }
        let isLong = now - (start ?? now) >= configuration.window.nanoseconds
        if outcome != .ignored, counting >= configuration.minimumSamples, isLong { close(now, isGivenUp: false) }
    }

    private mutating func close(_ now: Int64, isGivenUp: Bool) {
        follow(Window(calls: calls, end: now, isGivenUp: isGivenUp))
        calls = []
        start = now
    }

    private func isFloor(_ limit: Double) -> Bool {
        let floor = Double(configuration.minimumLimit)
        return limit <= floor + 1 || limit <= floor * 1.2
    }

    private mutating func follow(_ window: Window) {
        if let probe = situation.probe {
            situation.probe = nil
            situation.limit = probe.limitBefore
            situation.probes += 1
            if !window.isGivenUp, window.dropped.isEmpty { end(probe, window) }
            return
        }
        let limit = situation.limit
        let isUsed = Double(window.mostInFlight) >= limit / 2
        if !window.answered.isEmpty { learn(window, isUsed: isUsed) }
        if !isUsed, window.dropped.isEmpty { return }
        let latency = window.meanOfAll
        let allowed = configuration.tolerance * (situation.normal ?? 0)
        let isSlow = situation.normal != nil && allowed / latency < 1
        var gradient = 1 - Double(window.dropped.count) / Double(window.answered.count + window.dropped.count)
        if isSlow { gradient = min(gradient, allowed / latency) }
        gradient = max(0.5, gradient)
        let wanted = gradient * limit + (isUsed ? limit.squareRoot() : 0)
        situation.limit = limit + configuration.smoothing * (wanted - limit)
        situation.limit = min(situation.limit, Double(configuration.maximumLimit))
        situation.limit = max(situation.limit, Double(configuration.minimumLimit))
        guard isUsed, window.dropped.isEmpty, isSlow else { return }
        situation.windowsHeldBack += 1
        if situation.windowsHeldBack >= situation.windowsToProbe, !isFloor(situation.limit) {
            situation.windowsHeldBack = 0
            let lower = max(Double(configuration.minimumLimit), situation.limit / 4)
            let needed = Double(configuration.minimumSamples) * latency / lower
            situation.probe = Probe(
                limitBefore: situation.limit, latencyBefore: latency, limit: lower,
                end: window.end + 2 * (configuration.window.nanoseconds + Int64(needed)))
            situation.limit = lower
        }
    }

    private mutating func learn(_ window: Window, isUsed: Bool) {
        situation.windowsAtFloor = isUsed && isFloor(situation.limit) ? situation.windowsAtFloor + 1 : 0
        guard window.dropped.isEmpty else { return }
        let latency = window.meanAnswered
        guard let normal = situation.normal else {
            situation.normal = latency
            return
        }
        if situation.windowsAtFloor >= 5 {
            situation.normal = latency
            situation.windowsAtFloor = 0
        } else if latency < normal {
            situation.normal = normal + (latency - normal) / 4
        } else if latency <= normal * (1 + (configuration.tolerance - 1) / 2) {
            situation.normal = normal + (latency - normal) * 2 / Double(configuration.baselineWindows + 1)
        }
    }

    private mutating func end(_ probe: Probe, _ window: Window) {
        guard let normal = situation.normal else { return }
        let latency = window.meanAnswered
        var known = normal
        if latency > probe.latencyBefore * max(0.8, (1 + probe.limit / probe.limitBefore) / 2) {
            known = latency
        } else if latency <= normal * (1 + (configuration.tolerance - 1) / 2) {
            known = normal + (latency - normal) / 2
        }
        situation.normal = known
        let isNew = abs(known - normal) > normal / 10
        situation.windowsToProbe = isNew ? 10 : min(160, situation.windowsToProbe * 2)
    }
}
