// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusHTTP
public import ApusResilience
internal import NIOCore

/// Sheds the load of one event loop. Touched on that loop only, so that it needs no lock.
///
/// It is told for how long requests have been ready: the time since the loop's turn began, and, if the turn before followed
/// without a pause, half of that, since their bytes came in meanwhile. Besides, a timer measures how late the loop is
/// while there are requests, and now and then how much of its time the loop's thread works. Nothing is allocated per
/// request.
public final class LoopShedder: @unchecked Sendable {
    // Sendable because it is reached on its loop only.

    private static let tick = Duration.milliseconds(10)
    /// For how many ticks without a request the timer goes on, so that a request now and then doesn't start it each time.
    private static let idleTicks = 100
    /// After how many ticks the thread's use of its CPU is looked at.
    private static let ticksPerLook = 50
    /// Two turns that are no further apart follow each other without a pause: what was ready when the first ended takes a
    /// while to reach the shedder.
    private static let gap: Int64 = 100_000
    /// Nor are two that are no further apart than this part of the first.
    private static let gapInTurn: Int64 = 16

    private var state: LoadShedderState
    let loop: Loop
    /// What counts at most as a delay that follows a short one: a single stop of the machine isn't an overload.
    private let longest: Duration
    private var wasLong = false
    private var inFlight = 0
    private var turnBegan: Int64?
    private var turnEnded: Int64 = 0
    /// How long those who come in this turn have waited for the turn before, on average.
    private var backlog: Int64 = 0
    private var lastTurn: Int64 = 0
    private var idle = 0
    private var isTicking = false
    private var ticks = 0
    private var thread = ThreadCPU()
    private var turnEnds: @Sendable () -> Void = {}

    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(_ configuration: LoadShedderConfiguration, loop: Loop) throws(InvalidConfiguration) {
        state = try LoadShedderState(configuration)
        longest = .nanoseconds(configuration.window.nanoseconds * 9 / 10)
        self.loop = loop
        turnEnds = { [weak self] in self?.endTurn() }
    }

    /// Asks whether a request may be worked on; nil if so, and then ``finish(at:)`` must follow.
    public func admit(_ priority: CallPriority, at now: Instant) -> LoadShedderRejection? {
        let began = beginTurn(at: now)
        let waited = Duration.nanoseconds(max(0, now.nanoseconds - began) + backlog)
        switch state.admit(priority, waited: counted(waited), now: now) {
        case .rejected(let rejection): return rejection
        case .admitted:
            inFlight += 1
            idle = 0
            if !isTicking {
                isTicking = true
                schedule(at: now)
            }
            return nil
        }
    }

    /// A request that was admitted has ended.
    public func finish(at now: Instant) {
        _ = beginTurn(at: now)
        inFlight -= 1
        state.finish(now: now)
    }

    /// What it sees, and did.
    public var statistics: LoadShedderStatistics { state.snapshot }

    /// The part of a delay that counts. Of long ones in a row more does, if requests take long: it must exceed the target.
    private func counted(_ delay: Duration) -> Duration {
        let isLong = delay > longest
        defer { wasLong = isLong }
        return min(delay, isLong && wasLong ? max(longest, state.currentTarget * 4.5) : longest)
    }

    /// Notices the first that happens in a turn of the loop, and asks to be told of the turn's end.
    private func beginTurn(at now: Instant) -> Int64 {
        if let turnBegan { return turnBegan }
        let gap = max(Self.gap, lastTurn / Self.gapInTurn)
        backlog = now.nanoseconds - turnEnded < gap ? lastTurn / 2 : 0
        turnBegan = now.nanoseconds
        // Runs when all that was ready in this turn has been handled.
        loop.eventLoop.execute(turnEnds)
        return now.nanoseconds
    }

    private func endTurn() {
        guard let began = turnBegan else { return }
        turnEnded = Instant.now.nanoseconds
        lastTurn = turnEnded - began
        turnBegan = nil
    }

    private func schedule(at now: Instant) {
        let due = now.advanced(by: Self.tick)
        loop.eventLoop.scheduleTask(in: .nanoseconds(Self.tick.nanoseconds)) { [weak self] in
            self?.ticked(due: due)
        }
    }

    private func ticked(due: Instant) {
        let now = Instant.now
        state.observe(delay: counted(max(.zero, due.duration(to: now))), now: now)
        ticks += 1
        if ticks % Self.ticksPerLook == 0, let share = thread.share(at: now) { state.observe(cpu: share, now: now) }
        idle = inFlight > 0 ? 0 : idle + 1
        guard idle <= Self.idleTicks else {
            isTicking = false
            return
        }
        schedule(at: now)
    }
}
