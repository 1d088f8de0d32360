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
/// long it does. If the peer has become slower for good, the limit falls to its floor; where it has been for five windows,
/// the latency can't come from our queue and is the new normal. No window is spent with the limit pinned to measure that.
///
/// **App-limited**: while less than half of the limit is used, latencies say nothing about it, and it stays.
///
/// **Drops** (timeouts, refusals of the peer) pull the limit down by their share of the window, whatever the
/// latency of the rest; the time that they took counts as latency, but not for what is normal.
///
/// Source: Netflix concurrency-limits, Gradient2Limit; the headroom and the floor rule are those of Envoy's adaptive
/// concurrency filter.
public struct GradientLimit: Sendable {
    /// How many windows at the floor make a latency the normal one.
    static let windowsAtFloor = 5

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
        let before = limit
        step()
        windowStart = now
        answered = 0
        dropped = 0
        answeredTime = 0
        droppedTime = 0
        mostInFlight = 0
        return limit == before ? nil : limit
    }

    private mutating func step() {
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
    }

    private mutating func learn(_ latency: Double, isClean: Bool) {
        atFloor = exact <= max(minimum + 1, minimum * 1.2) && Double(mostInFlight) * 2 >= exact ? atFloor + 1 : 0
        guard isClean else { return }
        if normal == 0 {
            normal = latency
        } else if atFloor >= Self.windowsAtFloor {
            // So few calls can't queue at each other: this is how fast the peer is.
            normal = latency
            atFloor = 0
        } else if latency < normal {
            normal += (latency - normal) / 4
        } else if latency <= normal * (1 + (tolerance - 1) / 2) {
            normal += (latency - normal) * 2 / Double(baselineWindows + 1)
        }
    }
}
