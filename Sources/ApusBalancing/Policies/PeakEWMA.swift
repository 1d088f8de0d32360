// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// Of two candidates drawn by chance, the one where a call will be answered sooner: latency times calls in flight.
///
/// The latency is a ``LatencyEstimate``: it jumps up with the first slow call and comes down with time. The load is
/// `cost * (calls in flight + 1) / weight`. Whoever makes the calls reports how long each took with
/// ``observe(_:of:now:)``; for one that failed it should report at least what it would have taken, or an instance that
/// fails fast looks like the best.
///
/// A candidate of which nothing is known, or nothing that is younger than seven times the decay, is tried by one call
/// at a time, and by one in a ``probePause`` at most: it wins against all others while it has no call, and loses
/// against all while it has one. So a new instance is not run down by a herd of calls that all find it idle.
///
/// Two candidates, not more, because it is the pair that keeps clients from running after the same best one.
///
/// Source: Finagle's `PeakEwma` and `P2C`.
public struct PeakEWMA: BalancingPolicy {
    /// The time in which a latency loses all but 1/e of its weight.
    public let decay: Duration
    /// The least time between two calls that try a candidate of which nothing is known.
    public let probePause: Duration
    private let decayNanoseconds: Int64
    private let pauseNanoseconds: Int64

    /// More than any latency: the load of a candidate that is being tried.
    private static let penalty = 1e18
    /// What is left of a cost that counts as unknown. Otherwise a candidate that was idle or out for long would look
    /// so cheap that everybody went there at once.
    private static let forgotten = 1e-3

    /// - Parameters:
    ///   - decay: the time in which a latency loses all but 1/e of its weight. Default 10 s, 1 ms to 1 h.
    ///   - probePause: how long to wait after a call that tried an unknown candidate and told nothing, because it was
    ///     cancelled. Default 1 s, 0 to 1 h.
    /// - Throws: ``InvalidConfiguration`` with every problem.
    public init(
        decay: Duration = .seconds(10), probePause: Duration = .seconds(1)
    ) throws(InvalidConfiguration) {
        var problems: [ConfigurationProblem] = []
        problems.requireDuration("decay", decay, in: .milliseconds(1) ... .seconds(3600))
        problems.requireDuration("probePause", probePause, in: .zero ... .seconds(3600))
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.decay = decay
        self.probePause = probePause
        decayNanoseconds = decay.nanoseconds
        pauseNanoseconds = probePause.nanoseconds
    }

    public var readsTime: Bool { true }

    public func observe(_ latency: Duration, of candidate: Candidate, now: Instant) {
        candidate.latency.observe(latency, now: now, decay: decay)
    }

    public func table(
        for candidates: [Candidate], weights: [Double], reusing previous: WeightedTable?
    ) -> WeightedTable {
        previous ?? WeightedTable(weights)
    }

    /// Picks a candidate for a call at ``BalancedCall/now``. Without a time no cost is forgotten.
    public func pick(
        from candidates: [Candidate], table: WeightedTable, for call: BalancedCall, using random: inout FastRandom
    ) -> Int? {
        guard let first = table.draw(from: candidates, for: call, using: &random) else { return nil }
        let now = call.now?.nanoseconds ?? .min
        guard candidates.count > 1 else { return first }
        var second = random.index(below: candidates.count, except: first)
        if !call.allows(candidates, at: second) {
            // Few enough are left that chance doesn't find two: any other that is allowed.
            guard let other = other(than: first, from: second, candidates, call) else { return first }
            second = other
        }
        let (one, two) = (load(first, candidates, table, now), load(second, candidates, table, now))
        let (better, worse) = two < one ? (second, first) : (first, second)
        guard min(one, two) == 0 else { return better }
        // Of the calls that find an unknown candidate idle at the same time, one goes there.
        if candidates[better].latency.claimProbe(now: now, pause: pauseNanoseconds) { return better }
        if max(one, two) == 0 { _ = candidates[worse].latency.claimProbe(now: now, pause: pauseNanoseconds) }
        return worse
    }

    /// 0 for an unknown candidate that may be tried.
    private func load(_ index: Int, _ candidates: [Candidate], _ table: WeightedTable, _ now: Int64) -> Double {
        let candidate = candidates[index]
        let pending = candidate.inFlight
        let latency = candidate.latency.current
        let cost = latency.cost(at: now, decay: decayNanoseconds)
        var load: Double
        if cost > latency.nanoseconds * Self.forgotten {
            load = cost * Double(pending + 1)
        } else if pending == 0, candidate.latency.mayProbe(now: now, pause: pauseNanoseconds) {
            return 0
        } else {
            load = Self.penalty * Double(pending + 1)
        }
        if !table.isUniform { load /= table.weights[index] }
        return load
    }

    private func other(than first: Int, from start: Int, _ candidates: [Candidate], _ call: BalancedCall) -> Int? {
        for offset in 0..<candidates.count {
            let index = (start + offset) % candidates.count
            if index != first, call.allows(candidates, at: index) { return index }
        }
        return nil
    }
}
