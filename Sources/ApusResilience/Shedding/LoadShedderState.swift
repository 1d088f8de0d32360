// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A load shedder as a value: signals, requests and the time go in, decisions come out. It reads no clock and holds no
/// lock.
///
/// **The signal** is the queueing delay: how long a request that could be worked on isn't, since this process is busy. It comes
/// from requests that are queued between admission and start, from the lag of an event loop, or both. How long handlers
/// take is no signal: one that waits for a slow database keeps nobody else waiting. A process is overloaded when *no* request of
/// a window had a delay below the target: bursts come and go, a queue that stands doesn't.
///
/// **The amount**: an overloaded process finishes as many requests a second as it can, which is its capacity. So many are let
/// through, less a part in proportion to the delay by which the queue is to shrink, or more while the delay
/// is small. That settles within a few windows wherever the capacity is, and doesn't swing.
///
/// **Who is shed**: the room goes to critical requests first, then to high, normal and sheddable ones. The priority that the
/// room ends in is let through in part, by chance, in the ratio of the room to what it offered in the last windows. For lower
/// priorities the queue is to shrink at smaller delays, so that the higher ones hardly notice.
///
/// **The start of an overload** is noticed within a window. Until then, where requests are queued, one is refused
/// when those that wait before it take several times the target by the rate at which they were last started.
///
/// **The CPU**, if it is told, does two things: above its target sheddable requests are shed before anything queues, the more
/// the longer it lasts; and a busy CPU lets an overload be told by the mean delay rather than the least.
///
/// **The end**: a window in which less was offered than there is room for sheds nothing.
///
/// Source: queueing delay as the signal and priorities by room: DAGOR, Zhou et al., "Overload Control for Scaling WeChat
/// Microservices", 2018. The least delay of a window: CoDel, Nichols and Jacobson, "Controlling Queue Delay", 2012.
public struct LoadShedderState: Sendable {
    /// Up to which multiple of the target those that wait before it may take, by priority.
    private static let patience: InlineArray<4, Double> = [2, 3, 5, 8]
    /// At which multiple of the target the room begins to shrink, by priority.
    private static let calm: InlineArray<4, Double> = [0.25, 0.5, 1, 2]
    /// To which share of the capacity the room shrinks at most, by priority.
    private static let least: InlineArray<4, Double> = [0, 0.5, 0.7, 0.9]
    /// How many requests of those that are started in turn the target has room for at least.
    private static let turns = 4.0
    /// By how much the capacity is raised in the first window that sheds although little queues.
    private static let leastGrowth = 0.05
    /// For how many windows, ten times as long as usual, what was known holds while no delay is seen.
    private static let mostWindowsBlind = 30
    private static let shareInFlight: InlineArray<4, Double> = [0.7, 0.8, 0.9, 1]

    private let target: Double
    private let window: Duration
    private let longWindow: Duration
    private let minimumSamples: Int
    private let cpuTarget: Double
    private let maximumInFlight: Double
    /// So many a second are let through whatever was seen, so that there is always something to see.
    private let leastCapacity: Double
    private var random: FastRandom
    private var statistics = LoadShedderStatistics()

    // The current window.
    private var windowStart: Instant?
    private var samples = 0
    private var leastDelay = Double.infinity
    private var sumOfDelays = 0.0
    private var finished = 0
    private var shedInWindow = 0
    private var offered = InlineArray<4, Double>(repeating: 0)

    // What is known from those before.
    private var rates = InlineArray<4, Double>(repeating: 0)
    private var admission = InlineArray<4, Double>(repeating: 1)
    private var capacity = 0.0
    private var growth = LoadShedderState.leastGrowth
    private var calmWindows = 0
    private var windowsBlind = 0
    private var overload = 1.0
    private var targetNow: Double

    // Starts of queued requests.
    private var lastStart: Instant?
    private var meanGap = 0.0
    private var gaps = 0

    private var cpuAt: Instant?
    private var shedByCPU = 0.0

    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        _ configuration: LoadShedderConfiguration = .init(), random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        target = configuration.targetDelay.seconds
        targetNow = target
        window = configuration.window
        longWindow = configuration.window * 10
        minimumSamples = configuration.minimumSamples
        cpuTarget = configuration.cpuTarget ?? .infinity
        maximumInFlight = Double(configuration.maximumInFlight)
        leastCapacity = Double(configuration.minimumSamples) / longWindow.seconds
        self.random = random
    }

    /// Whether a request may be worked on.
    ///
    /// - Parameters:
    ///   - isQueued: whether it is queued before it is started, which ``start(admitted:now:)`` will tell. Otherwise it is
    ///     started at once.
    ///   - waited: for how long it has been ready already, if that is known: a queueing delay.
    public mutating func admit(
        _ priority: CallPriority, isQueued: Bool = false, waited: Duration? = nil, now: Instant
    ) -> LoadShedderDecision {
        if let waited { observe(delay: waited, now: now) } else { turn(to: now) }
        let index = Int(priority.rawValue)
        offered[index] += 1
        if let reason = reasonToShed(index) {
            shedInWindow += 1
            statistics.shed[index] += 1
            statistics.reasons[Int(reason.rawValue)] += 1
            let wait = RetryHint.spread(nanoseconds: 1e9 * overload, using: &random)
            return .rejected(LoadShedderRejection(reason: reason, retryAfter: wait))
        }
        statistics.admitted[index] += 1
        statistics.inFlight += 1
        if isQueued { statistics.waiting += 1 }
        return .admitted
    }

    /// A request that was queued is started.
    public mutating func start(admitted: Instant, now: Instant) {
        guard statistics.waiting > 0 else { return }
        statistics.waiting -= 1
        if let lastStart {
            let gap = max(0, lastStart.duration(to: now).seconds)
            gaps += 1
            meanGap += (gap - meanGap) / Double(min(gaps, 32))
        }
        // Only while others wait is the next start as soon as it can be.
        lastStart = statistics.waiting > 0 ? now : nil
        observe(delay: admitted.duration(to: now), now: now)
    }

    /// A request that was admitted has ended, however it did.
    ///
    /// - Parameter isWaiting: whether it was queued and never started.
    public mutating func finish(isWaiting: Bool = false, now: Instant) {
        if isWaiting {
            statistics.waiting = max(0, statistics.waiting - 1)
            // The next start comes when the next request does.
            if statistics.waiting == 0 { lastStart = nil }
        } else {
            finished += 1
        }
        statistics.inFlight = max(0, statistics.inFlight - 1)
        turn(to: now)
    }

    /// Something that was ready to run had to wait for so long: the lag of an event loop, or of a queue of workers.
    public mutating func observe(delay: Duration, now: Instant) {
        let delay = max(0, delay.seconds)
        samples += 1
        leastDelay = min(leastDelay, delay)
        sumOfDelays += delay
        turn(to: now)
    }

    /// How much of the CPU that this process may use was used in the last second or so: 0 to 1. Older than 5 s it counts no
    /// more.
    public mutating func observe(cpu: Double, now: Instant) {
        forgetCPU(now)
        guard cpu.isFinite else { return }
        cpuAt = now
        statistics.cpu = min(1, max(0, cpu))
        // Grows and shrinks by steps, for what the CPU does lags behind what is admitted.
        if cpu < cpuTarget - 0.2 { shedByCPU = 0 } else { shedByCPU += (min(cpu, 1) - cpuTarget) / 2 }
        shedByCPU = min(1, max(0, shedByCPU))
        turn(to: now)
    }

    /// The queueing delay that is fine at present: that of the configuration, or the time of four requests.
    public var currentTarget: Duration { .nanoseconds(Int64(targetNow * 1e9)) }

    /// What it sees, and did.
    public var snapshot: LoadShedderStatistics {
        var snapshot = statistics
        snapshot.capacity = capacity
        return snapshot
    }

    private mutating func reasonToShed(_ index: Int) -> LoadShedderRejection.Reason? {
        if Double(statistics.inFlight) >= maximumInFlight * Self.shareInFlight[index] { return .inFlight }
        if gaps >= 8, Double(statistics.waiting) * meanGap > targetNow * Self.patience[index] { return .queueLength }
        if index == 0, shedByCPU > 0, chance() < shedByCPU { return .cpu }
        if statistics.isOverloaded, admission[index] < 1, chance() >= admission[index] { return .queueingDelay }
        return nil
    }

    private mutating func chance() -> Double { Double(random.next() >> 11) * 0x1p-53 }

    /// Ends the window if it is time.
    private mutating func turn(to now: Instant) {
        forgetCPU(now)
        guard let start = windowStart else {
            windowStart = now
            return
        }
        let length = start.duration(to: now)
        // One delay as long as the window says as much as many short ones.
        guard length >= window, samples >= minimumSamples || sumOfDelays >= window.seconds || length >= longWindow
        else { return }
        decide(seconds: length.seconds)
        windowStart = now
        samples = 0
        leastDelay = .infinity
        sumOfDelays = 0
        finished = 0
        shedInWindow = 0
        offered = InlineArray(repeating: 0)
    }

    /// Forgets a use of the CPU that is too old.
    private mutating func forgetCPU(_ now: Instant) {
        guard let cpuAt, cpuAt.duration(to: now) > .seconds(5) else { return }
        self.cpuAt = nil
        statistics.cpu = nil
        shedByCPU = 0
    }

    private mutating func decide(seconds: Double) {
        // Without a delay seen, while requests come or wait, what was known holds for a while: a stuck loop tells nothing.
        let isIdle = statistics.waiting == 0 && offered[0] + offered[1] + offered[2] + offered[3] == 0
        windowsBlind = samples > 0 || isIdle ? 0 : windowsBlind + 1
        guard windowsBlind == 0 || windowsBlind > Self.mostWindowsBlind else { return }
        let throughput = Double(finished) / seconds
        let mean = samples > 0 ? sumOfDelays / Double(samples) : 0
        statistics.queueingDelay = .nanoseconds(Int64(mean * 1e9))
        let turn = gaps >= 8 ? meanGap : seconds / Double(max(1, finished))
        targetNow = max(target, Self.turns * turn)
        for index in 0..<4 {
            let rate = offered[index] / seconds
            // A fall by half is the end of a load rather than chance.
            let isSteady = statistics.isOverloaded && rate > rates[index] / 2
            rates[index] = isSteady ? (rates[index] + rate) / 2 : rate
        }
        let isBusy = (statistics.cpu ?? 0) >= 0.95
        let isLate = samples > 0 && (isBusy ? mean : leastDelay) > targetNow
        if !statistics.isOverloaded {
            guard isLate else { return }
            statistics.isOverloaded = true
            // What is known from more than this window counts as well: one that is slow by chance looks like an overload.
            capacity = max(throughput, gaps >= 8 ? 1 / max(meanGap, 1e-9) : capacity * 0.7)
        } else if samples > 0, leastDelay > targetNow / 10 {
            // The queue was never empty: what was finished is what can be.
            capacity += (throughput - capacity) * min(0.3, Double(finished) / Double(finished + 50))
        }
        if mean < targetNow / 2, shedInWindow > 0 {
            // More may fit than was let through; the longer it does, the further off the capacity is.
            capacity = max(throughput, capacity * (1 + growth))
            growth = min(1, growth * 2)
        } else {
            growth = Self.leastGrowth
        }
        capacity = max(capacity, leastCapacity)
        divide(mean: mean)
    }

    /// Gives the room to the priorities, from the highest on.
    private mutating func divide(mean: Double) {
        let shrinking = 6 * targetNow
        var taken = 0.0
        var fits = true
        for index in stride(from: 3, through: 0, by: -1) {
            let factor = 1 - (mean - Self.calm[index] * targetNow) / shrinking
            let room = capacity * min(1.05, max(Self.least[index], factor)) - taken
            let rate = rates[index]
            admission[index] = room >= rate ? 1 : max(0, room / rate)
            if admission[index] < 1 { fits = false }
            taken += admission[index] * rate
        }
        let total = rates[0] + rates[1] + rates[2] + rates[3]
        overload = min(30, max(1, capacity > 0 ? total / capacity : 1))
        calmWindows = fits && mean < targetNow ? calmWindows + 1 : 0
        if calmWindows >= 3 {
            statistics.isOverloaded = false
            calmWindows = 0
            overload = 1
        }
    }
}
