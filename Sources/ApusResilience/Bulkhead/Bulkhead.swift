// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// Keeps the calls to one peer from taking everything: so many run at once, so many wait. ``BulkheadState`` with a lock
/// and a clock.
///
/// **Why**: a peer that becomes slow holds its callers' memory, connections and tasks; with a bulkhead in front of it what
/// is left serves the other peers. **When it refuses**: when all calls are taken and the queue is full, or a waiter's time is
/// up. **How it recovers**: with the next call that ends. What one may do is fixed; ``AdaptiveConcurrency`` finds it out.
///
/// ```swift
/// let bulkhead = try Bulkhead(configuration)
/// let permit = try await bulkhead.acquire(until: context.deadline)
/// … permit.release()
/// ```
///
/// Safe to use from any thread. Taking and giving back a free permit costs a lock each; who waits suspends, nobody spins.
/// The lock is never held while a waiter is resumed.
public final class Bulkhead: Sendable {
    enum Answer: Sendable {
        case granted(inFlight: Int)
        case rejected(BulkheadRejection)
        case cancelled
    }

    struct Guarded {
        var state: BulkheadState
        /// Those who wait, from the moment at which they are in the queue.
        var waiting: [BulkheadTicket: Waiting] = [:]
        var wakeAt = Instant.distantFuture
    }

    enum Waiting {
        /// In the queue, but not yet suspended.
        case coming
        case suspended(UnsafeContinuation<Answer, Never>)
        /// Answered before it was suspended.
        case answered(Answer)
    }

    let guarded: Mutex<Guarded>
    let time: TimeSource
    private let partitions: [String: Int]

    /// - Parameters:
    ///   - configuration: how many calls, how many wait, and for how long.
    ///   - time: the clock, the machine's by default.
    ///   - random: spreads the times after which those who are refused come back.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        _ configuration: BulkheadConfiguration = .init(), time: TimeSource = .system, random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        guarded = Mutex(Guarded(state: try BulkheadState(configuration, random: random)))
        self.time = time
        var partitions: [String: Int] = [:]
        for (index, partition) in configuration.partitions.enumerated() { partitions[partition.name] = index + 1 }
        self.partitions = partitions
    }

    /// The number of a partition, for callers that look it up once; 0 for no name and for one that isn't known: such
    /// calls have no share of their own.
    public func number(of partition: String?) -> Int { partition.flatMap { partitions[$0] } ?? 0 }

    /// Takes a permit, waiting for it if need be.
    ///
    /// - Parameters:
    ///   - partition: the number of the partition whose share it may use. Default 0, none.
    ///   - deadline: when the caller gives up; the maximum wait counts besides. Default never.
    /// - Throws: at stage ``CallFailure/Stage/admission`` ``CallFailure/Code/overloaded`` with `retryAfter` (all is
    ///   full, or it waited for too long), ``CallFailure/Code/deadlineExceeded`` (its own deadline passed),
    ///   ``CallFailure/Code/cancelled`` (the task was, while it waited).
    public func acquire(partition: Int = 0, until deadline: Instant? = nil) async throws(CallFailure) -> BulkheadPermit
    {
        let (admission, inFlight) = begin(partition: partition, deadline: deadline ?? .distantFuture)
        let answer: Answer
        switch admission {
        case .admitted: answer = .granted(inFlight: inFlight)
        case .rejected(let rejection): answer = .rejected(rejection)
        case .waiting(let ticket): answer = await self.answer(to: ticket)
        }
        switch answer {
        case .granted(let inFlight):
            return BulkheadPermit(self, partition: partition, inFlight: inFlight)
        case .rejected(let rejection):
            throw rejection.failure
        case .cancelled:
            throw CallFailure(
                .cancelled, "the task was cancelled while its call waited for its turn", stage: .admission,
                mayHaveReachedPeer: false)
        }
    }

    /// Takes a permit if one is free now.
    ///
    /// - Parameter partition: the number of the partition whose share it may use. Default 0, none.
    /// - Throws: ``CallFailure/Code/overloaded`` with `retryAfter`.
    public func acquireAtOnce(partition: Int = 0) throws(CallFailure) -> BulkheadPermit {
        var rejection: BulkheadRejection?
        var inFlight = 0
        perform { guarded, now, actions in
            rejection = guarded.state.acquireAtOnce(partition: partition, now: now, actions: &actions)
            inFlight = guarded.state.inFlight
        }
        if let rejection { throw rejection.failure }
        return BulkheadPermit(self, partition: partition, inFlight: inFlight)
    }

    /// Changes how many calls may run at once; at least one. What is in flight stays, and those who wait get the room
    /// that there is.
    public func resize(to maximumCalls: Int) {
        perform { $0.state.resize(to: maximumCalls, now: $1, actions: &$2) }
    }

    /// What there is and was.
    public var statistics: BulkheadStatistics { guarded.withLock { $0.state.statistics } }

    func release(partition: Int) {
        perform { $0.state.release(partition: partition, now: $1, actions: &$2) }
    }
}
