// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// How many calls a peer can take at once, found out from their latencies: a value that is told each call's end and
/// reads no clock.
///
/// After each window of calls
/// ```
/// gradient = tolerance · normal / mean latency of the window       (0.5 to 1, and at most the share that wasn't dropped)
/// limit    = (1 - smoothing) · limit + smoothing · (gradient · limit + √limit)
/// ```
/// While calls are as fast as normal the gradient is 1 and the limit grows by the headroom √limit; when they queue at the
/// peer they become slower in proportion, and it falls. It comes to rest where the latency is about
/// `tolerance · (1 + 1/√limit)` times the normal one, so that the peer is busy and its queue short.
///
/// **Normal** is an average over many windows of the peer's latency without a queue. It follows a faster peer at once and a
/// slower one slowly, and from windows well within the tolerance only: a queue that stands is never learned as normal, however
/// long it does. Where the limit has been at its floor for five windows, the latency can't come from our queue and is the new
/// normal.
///
/// **Probes**: a latency above the tolerance can be our queue, but also a peer that has become slower for good, or a normal
/// that was learned from a queue, and the gradient alone would rest wherever it got to. So after some windows that latency has
/// held back, the limit goes down to a quarter until enough calls that began then have ended, and returns. If they
/// weren't faster, the queue isn't ours, and their latency is the new normal; otherwise they are what normal is learned from.
/// The first probes come after 10 such windows; each that finds nothing new doubles the distance, up to 160. While calls are
/// as fast as normal there is none; where a limit is used up all the time they cost about a hundredth of the calls.
///
/// **App-limited**: while less than half of the limit is used, latencies say nothing about it, and it stays.
///
/// **Drops** (timeouts, refusals of the peer) pull the limit down by their share of the window, whatever the
/// latency of the rest; the time that they took counts as latency, but not for what is normal.
///
/// Source: Netflix concurrency-limits, Gradient2Limit; the headroom, the floor rule and the idea of probes are those of
/// Envoy's adaptive concurrency filter.
public struct GradientLimit: Sendable {
    /// A stretch in which the limit is lower, to see what that does to the latency.
    private struct Probe {
        /// The limit before and after.
        let exact: Double
        /// The mean latency above which the lower limit has changed nothing.
        let unchanged: Double
        /// When it ends though too few calls have.
        let end: Instant
    }

    /// How many windows at the floor make a latency the normal one.
    static let windowsAtFloor = 5
    /// After how many windows that latency holds back a probe begins, at first and at last.
    static let windowsBetweenProbes = 10...160

    private let minimum: Double
    private let maximum: Double
    private let tolerance: Double
    private let smoothing: Double
    private let window: Duration
    private let minimumSamples: Int
    private let baselineWindows: Int

    private var exact: Double
    /// In nanoseconds; 0 while nothing is known.
    private var normal = 0.0
    private var atFloor = 0
    private var probe: Probe?
    private var windowsHeldBack = 0
    private var windowsToProbe = GradientLimit.windowsBetweenProbes.lowerBound

    private var windowStart: Instant?
    private var answered = 0
    private var dropped = 0
    private var answeredTime = 0.0
    private var droppedTime = 0.0
    private var mostInFlight = 0

    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(_ configuration: AdaptiveConcurrencyConfiguration = .init()) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        minimum = Double(configuration.minimumLimit)
        maximum = Double(configuration.maximumLimit)
        tolerance = configuration.tolerance
        smoothing = configuration.smoothing
        window = configuration.window
        minimumSamples = configuration.minimumSamples
        baselineWindows = configuration.baselineWindows
        exact = Double(configuration.initialLimit)
    }

    /// How many calls may be in flight.
    public var limit: Int { Int(exact) }

    /// What is taken for the latency of a call that doesn't queue; nil until the first window has ended.
    public var normalLatency: Duration? { normal > 0 ? .nanoseconds(Int64(normal)) : nil }

    /// A call has ended.
    ///
    /// - Parameters:
    ///   - latency: how long it took.
    ///   - inFlight: how many were in flight when it began, itself included.
    ///   - outcome: what its end says.
    ///   - now: when it ended.
    /// - Returns: the new limit, if it has changed.
    public mutating func record(
        latency: Duration, inFlight: Int, _ outcome: ConcurrencyOutcome, now: Instant
    ) -> Int? {
        let start = windowStart ?? now
        windowStart = start
        let before = limit
        if let probe {
            if now >= probe.end {
                exact = probe.exact
                self.probe = nil
                beginWindow(now)
                return limit == before ? nil : limit
            }
            // Began before it.
            if inFlight > limit { return nil }
        }
        mostInFlight = max(mostInFlight, inFlight)
        let time = Double(max(0, latency.nanoseconds))
        switch outcome {
        case .answered:
            answered += 1
            answeredTime += time
        case .dropped:
            dropped += 1
            droppedTime += time
        case .ignored:
            return nil
        }
        guard answered + dropped >= minimumSamples, start.duration(to: now) >= window else { return nil }
        if let probe { learn(from: probe) } else { step(now) }
        beginWindow(now)
        return limit == before ? nil : limit
    }

    private mutating func beginWindow(_ now: Instant) {
        windowStart = now
        answered = 0
        dropped = 0
        answeredTime = 0
        droppedTime = 0
        mostInFlight = 0
    }

    private mutating func step(_ now: Instant) {
        let calls = Double(answered + dropped)
        let latency = max(1, (answeredTime + droppedTime) / calls)
        if answered > 0 { learn(max(1, answeredTime / Double(answered)), isClean: dropped == 0) }
        let kept = 1 - Double(dropped) / calls
        let isUsed = Double(mostInFlight) * 2 >= exact
        guard isUsed || dropped > 0 else { return }
        let slowness = normal > 0 ? tolerance * normal / latency : 1
        let gradient = min(1, max(0.5, min(slowness, kept)))
        let headroom = isUsed ? exact.squareRoot() : 0
        exact += smoothing * (gradient * exact + headroom - exact)
        exact = min(maximum, max(minimum, exact))
        if isUsed, dropped == 0, slowness < 1 { holdBack(latency, now) }
    }

    /// Counts a window that latency holds back, and begins a probe if it is time and the floor leaves room for it.
    private mutating func holdBack(_ latency: Double, _ now: Instant) {
        windowsHeldBack += 1
        guard windowsHeldBack >= windowsToProbe, !isAtFloor else { return }
        windowsHeldBack = 0
        let lower = max(minimum, exact / 4)
        // As many calls as are needed, at this latency; twice that time, for they come by chance.
        let needed = window + .nanoseconds(Int64(min(1e17, Double(minimumSamples) * latency / lower)))
        probe = Probe(
            exact: exact, unchanged: latency * max(0.8, (1 + lower / exact) / 2), end: now.advanced(by: needed * 2))
        exact = lower
    }

    /// Ends a probe with what its window says.
    private mutating func learn(from probe: Probe) {
        exact = probe.exact
        self.probe = nil
        guard dropped == 0 else { return }
        let latency = max(1, answeredTime / Double(answered))
        let before = normal
        if latency > probe.unchanged {
            normal = latency
        } else if isNearNormal(latency) {
            normal += (latency - normal) / 2
        }
        let bounds = Self.windowsBetweenProbes
        let isNew = abs(normal - before) > before / 10
        windowsToProbe = isNew ? bounds.lowerBound : min(bounds.upperBound, windowsToProbe * 2)
    }

    /// Whether the limit is so low that its calls can't queue at each other.
    private var isAtFloor: Bool { exact <= max(minimum + 1, minimum * 1.2) }

    /// Whether a latency is well within the tolerance.
    private func isNearNormal(_ latency: Double) -> Bool { latency <= normal * (1 + (tolerance - 1) / 2) }

    private mutating func learn(_ latency: Double, isClean: Bool) {
        atFloor = isAtFloor && Double(mostInFlight) * 2 >= exact ? atFloor + 1 : 0
        guard isClean else { return }
        if normal == 0 {
            normal = latency
        } else if atFloor >= Self.windowsAtFloor {
            // So few calls can't queue at each other: this is how fast the peer is.
            normal = latency
            atFloor = 0
        } else if latency < normal {
            normal += (latency - normal) / 4
        } else if isNearNormal(latency) {
            normal += (latency - normal) * 2 / Double(baselineWindows + 1)
        }
    }
}
