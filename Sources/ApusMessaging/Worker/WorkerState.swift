// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// What a worker has in hand, and what is to happen to it when time passes.
///
/// A value without clock or I/O: ``QueueWorker`` drives it.
struct WorkerState: Sendable {
    /// Why a handler was cancelled.
    enum Ending: Sendable {
        case leaseLost
        case timedOut
        case stopping
    }

    struct Hand: Sendable {
        let delivery: Delivery
        let began: Instant
        var leaseEnds: Instant
        var task: Task<Void, any Error>?
        var ending: Ending?
        /// Whether the handler has returned: what becomes of the message is decided, and being stored.
        var isSettling = false
        var ticksSinceEnding = 0
    }

    /// What a tick asks the driver to do.
    struct Tick: Sendable {
        var extend: [(id: Int64, delivery: Delivery)] = []
        var cancel: [Task<Void, any Error>] = []
        /// Handlers that were cancelled and didn't return for two ticks; named once.
        var stuck: [Delivery] = []
    }

    private(set) var hands: [Int64: Hand] = [:]
    private var nextID: Int64 = 0
    private(set) var isStopping = false
    /// The store cleans up.
    private(set) var maintenance: Task<Void, Never>?
    private var failuresInRow = 0
    private(set) var pausedUntil: Instant?

    /// Takes a message in hand; gives the name under which it is known here.
    mutating func take(_ delivery: Delivery, leaseEnds: Instant, now: Instant) -> Int64 {
        nextID += 1
        hands[nextID] = Hand(delivery: delivery, began: now, leaseEnds: leaseEnds)
        return nextID
    }

    /// Keeps the handler's task; true if it is to be cancelled at once, since its end was decided before it was known.
    mutating func began(_ id: Int64, _ task: Task<Void, any Error>) -> Bool {
        hands[id]?.task = task
        return hands[id]?.ending != nil
    }

    /// The handler has returned; gives why it was cancelled, if it was.
    mutating func returned(_ id: Int64) -> Ending? {
        hands[id]?.isSettling = true
        return hands[id]?.ending
    }

    /// What handlers have that don't return.
    var unreturned: [Delivery] { inOrder.filter { !$0.value.isSettling }.map(\.value.delivery) }

    /// The message is settled: its place is free.
    mutating func release(_ id: Int64) {
        hands[id] = nil
    }

    /// Looks at everything in hand.
    ///
    /// - Parameter grace: what was taken so lately has no need of an extension yet.
    mutating func tick(now: Instant, handlerTimeout: Duration, grace: Duration = .zero) -> Tick {
        var tick = Tick()
        for (id, hand) in inOrder {
            if hand.isSettling {
                // The lease is needed until the store has it; nothing else concerns the handler any more.
                if hand.ending != .leaseLost { tick.extend.append((id, hand.delivery)) }
            } else if hand.ending != nil {
                hands[id]?.ticksSinceEnding += 1
                if hand.ticksSinceEnding == 1 { tick.stuck.append(hand.delivery) }
            } else if hand.leaseEnds <= now {
                end(id, .leaseLost, &tick)
            } else if hand.began.duration(to: now) >= handlerTimeout {
                end(id, .timedOut, &tick)
            } else if hand.began.duration(to: now) >= grace {
                tick.extend.append((id, hand.delivery))
            }
        }
        return tick
    }

    /// Notes how the extension of a lease went; gives the task to cancel if it was lost.
    mutating func extended(_ id: Int64, isHeld: Bool, leaseEnds: Instant) -> Task<Void, any Error>? {
        guard hands[id]?.ending == nil else { return nil }
        if isHeld {
            hands[id]?.leaseEnds = leaseEnds
            return nil
        }
        hands[id]?.ending = .leaseLost
        return hands[id]?.task
    }

    /// Takes no more messages.
    mutating func stop() {
        isStopping = true
    }

    /// Has the store asked to clean up, which it is once at a time; false if it still does.
    mutating func beginMaintenance(_ begin: () -> Task<Void, Never>) -> Bool {
        guard maintenance == nil else { return false }
        maintenance = begin()
        return true
    }

    mutating func endMaintenance() {
        maintenance = nil
    }

    /// Decides the end of everything in hand; gives the tasks to cancel.
    mutating func endAll() -> [Task<Void, any Error>] {
        var tick = Tick()
        for (id, hand) in inOrder where hand.ending == nil && !hand.isSettling { end(id, .stopping, &tick) }
        return tick.cancel
    }

    /// Notes that a message failed, and pauses everything for `pause` of the number of failures in a row.
    mutating func failed(now: Instant, pause: (Int) -> Duration) {
        failuresInRow += 1
        let until = now.advanced(by: pause(failuresInRow))
        pausedUntil = pausedUntil.map { max($0, until) } ?? until
    }

    /// Notes that something went well: no reason to pause.
    mutating func succeeded() {
        failuresInRow = 0
        pausedUntil = nil
    }

    /// What is in hand in the order of its claims, so that the same always happens in the same order.
    private var inOrder: [(key: Int64, value: Hand)] { hands.sorted { $0.key < $1.key } }

    private mutating func end(_ id: Int64, _ ending: Ending, _ tick: inout Tick) {
        hands[id]?.ending = ending
        if let task = hands[id]?.task { tick.cancel.append(task) }
    }
}
