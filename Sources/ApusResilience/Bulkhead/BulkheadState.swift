// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A bulkhead as a value: events and the time go in, decisions and actions come out. It reads no clock and holds no
/// lock.
///
/// A call is let through while fewer than the maximum are in flight, or while its partition is below its share. Otherwise
/// it waits, as long as the queue has room, until a call ends, its time is up, or it is cancelled. A new call never
/// overtakes one that waits for the same: whenever a call could be let through, nobody waits for it.
///
/// Of several who could go next the one who came first goes, whatever its partition. The time of who waits is up at its
/// end exactly: a call that ends at that instant comes too late for it.
public struct BulkheadState: Sendable {
    /// How many calls may run at once.
    public private(set) var maximumCalls: Int
    /// How many do.
    public private(set) var inFlight = 0

    private struct Partition {
        let share: Double
        /// How many calls it may have however many others run.
        var limit = 0
        var inFlight = 0
    }

    private let maximumWaiting: Int
    private let maximumWait: Duration
    private var partitions: [Partition]
    private var queue: BulkheadQueue
    private var counters = BulkheadStatistics()
    private var random: FastRandom
    /// When a call last ended while all were taken, and how far apart such ends are (nanoseconds).
    private var lastEnd: Instant?
    private var meanGap = 0.0

    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        _ configuration: BulkheadConfiguration = .init(), random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        maximumCalls = configuration.maximumCalls
        maximumWaiting = configuration.maximumWaiting
        maximumWait = configuration.maximumWait
        partitions = [Partition(share: 0)] + configuration.partitions.map { Partition(share: $0.share) }
        queue = BulkheadQueue(partitions: partitions.count)
        self.random = random
        divide()
    }

    /// How many wait.
    public var waiting: Int { queue.count }

    /// Someone wants to make a call.
    ///
    /// - Parameters:
    ///   - partition: whose share it may use: 0 for none, otherwise the number of the partition in the configuration,
    ///     from 1.
    ///   - deadline: the caller's own; the maximum wait counts besides.
    public mutating func acquire(
        partition: Int = 0, deadline: Instant = .distantFuture, now: Instant, actions: inout [BulkheadAction]
    ) -> BulkheadAdmission {
        if deadline <= now {
            counters.deadlinePassed += 1
            return .rejected(rejection(.deadline))
        }
        if startAtOnce(partition: partition, now: now, actions: &actions) { return .admitted }
        guard queue.count < maximumWaiting else { return .rejected(refuse()) }
        counters.waited += 1
        let latest = now.advanced(by: maximumWait)
        return .waiting(
            queue.append(
                partition: partitions.indices.contains(partition) ? partition : 0, end: min(deadline, latest),
                isOwnDeadline: deadline < latest))
    }

    /// Someone wants to make a call now or not at all.
    ///
    /// - Returns: why it may not; nil if it may: it is in flight then, and to be released once.
    public mutating func acquireAtOnce(
        partition: Int = 0, now: Instant, actions: inout [BulkheadAction]
    ) -> BulkheadRejection? {
        startAtOnce(partition: partition, now: now, actions: &actions) ? nil : refuse()
    }

    /// A call that was let through has ended, however it did.
    ///
    /// - Parameter partition: that with which it was acquired.
    public mutating func release(partition: Int = 0, now: Instant, actions: inout [BulkheadAction]) {
        let partition = partitions.indices.contains(partition) ? partition : 0
        guard partitions[partition].inFlight > 0 else { return }
        if inFlight >= maximumCalls { noteEnd(at: now) } else { lastEnd = nil }
        inFlight -= 1
        partitions[partition].inFlight -= 1
        guard queue.count > 0 else { return }
        expire(now: now, actions: &actions)
        startWaiting(actions: &actions)
    }

    /// A waiter doesn't want to any more.
    ///
    /// - Returns: whether it still waited. If not, it was granted or refused already.
    public mutating func cancel(_ ticket: BulkheadTicket) -> Bool {
        guard queue.remove(ticket) != nil else { return false }
        counters.cancelled += 1
        return true
    }

    /// Refuses those whose time is up.
    public mutating func expire(now: Instant, actions: inout [BulkheadAction]) {
        for (ticket, waiter) in queue.removeEnded(at: now) {
            if waiter.isOwnDeadline { counters.deadlinePassed += 1 } else { counters.timedOut += 1 }
            actions.append(.reject(ticket, rejection(waiter.isOwnDeadline ? .deadline : .waited)))
        }
    }

    /// When ``expire(now:actions:)`` is to be called next, at the latest; nil if nobody waits.
    public var nextExpiry: Instant? { queue.count > 0 ? queue.earliestEnd : nil }

    /// Changes how many calls may run at once; at least one. What is in flight stays: if that is more, nobody is let
    /// through until enough have ended. If there is room now, those who wait get it.
    public mutating func resize(to maximumCalls: Int, now: Instant, actions: inout [BulkheadAction]) {
        self.maximumCalls = max(1, maximumCalls)
        lastEnd = nil
        divide()
        expire(now: now, actions: &actions)
        startWaiting(actions: &actions)
    }

    /// What there is and was.
    public var statistics: BulkheadStatistics {
        var statistics = counters
        statistics.maximumCalls = maximumCalls
        statistics.inFlight = inFlight
        statistics.waiting = queue.count
        return statistics
    }

    /// How many calls of a partition are in flight.
    public func inFlight(of partition: Int) -> Int {
        partitions.indices.contains(partition) ? partitions[partition].inFlight : 0
    }

    private mutating func startAtOnce(partition: Int, now: Instant, actions: inout [BulkheadAction]) -> Bool {
        if queue.earliestEnd <= now { expire(now: now, actions: &actions) }
        let partition = partitions.indices.contains(partition) ? partition : 0
        guard mayStart(partition) else { return false }
        start(partition)
        return true
    }

    private func mayStart(_ partition: Int) -> Bool {
        inFlight < maximumCalls || partitions[partition].inFlight < partitions[partition].limit
    }

    private mutating func start(_ partition: Int) {
        inFlight += 1
        partitions[partition].inFlight += 1
        counters.admitted += 1
    }

    private mutating func startWaiting(actions: inout [BulkheadAction]) {
        while queue.count > 0, let (ticket, partition) = nextToStart() {
            guard queue.remove(ticket) != nil else { return }
            start(partition)
            actions.append(.grant(ticket))
        }
    }

    private func nextToStart() -> (BulkheadTicket, Int)? {
        var best: (BulkheadTicket, Int)?
        for partition in partitions.indices where mayStart(partition) {
            guard let ticket = queue.first(of: partition) else { continue }
            if best.map({ ticket.number < $0.0.number }) ?? true { best = (ticket, partition) }
        }
        return best
    }

    private mutating func divide() {
        for index in partitions.indices where partitions[index].share > 0 {
            partitions[index].limit = max(1, Int((Double(maximumCalls) * partitions[index].share).rounded(.down)))
        }
    }

    private mutating func noteEnd(at now: Instant) {
        if let lastEnd {
            let gap = Double(max(0, lastEnd.duration(to: now).nanoseconds))
            meanGap = meanGap == 0 ? gap : meanGap + (gap - meanGap) / 8
        }
        lastEnd = now
    }

    private mutating func refuse() -> BulkheadRejection {
        counters.full += 1
        return rejection(.full)
    }

    private mutating func rejection(_ reason: BulkheadRejection.Reason) -> BulkheadRejection {
        let wait = meanGap == 0 ? 1e9 : meanGap * Double(queue.count + 1)
        return BulkheadRejection(
            reason: reason, retryAfter: RetryHint.spread(nanoseconds: wait, using: &random))
    }
}
