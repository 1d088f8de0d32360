// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// Lets as many calls run at once as their peer can take, which it finds out from their latencies: a ``GradientLimit``
/// that resizes a ``Bulkhead``.
///
/// **Why**: the right number changes with every release and every neighbour; nobody knows it, and one that was measured is
/// wrong tomorrow. **When it refuses**: when as many calls as the limit are in flight, and, if calls may wait, when the queue
/// is full or a waiter's time is up. **How it recovers**: each window of calls moves the limit.
/// **Cold start**: it begins at ``AdaptiveConcurrencyConfiguration/initialLimit`` and takes the first window for normal until
/// probes know better.
///
/// The latency that it sees is that from permit to record. Don't let it see calls that are fast or slow by their nature, such
/// as health checks and streams.
///
/// Safe to use from any thread; a permit costs two short locks.
public final class AdaptiveConcurrency: Sendable {
    private let bulkhead: Bulkhead
    private let gradient: Mutex<GradientLimit>
    private let time: TimeSource

    /// - Parameters:
    ///   - configuration: bounds and speed of the limit, and who waits.
    ///   - time: the clock, the machine's by default.
    ///   - random: spreads the times after which those who are refused come back.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        _ configuration: AdaptiveConcurrencyConfiguration = .init(), time: TimeSource = .system,
        random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        gradient = Mutex(try GradientLimit(configuration))
        bulkhead = try Bulkhead(configuration.bulkhead, time: time, random: random)
        self.time = time
    }

    /// The number of a partition; see ``Bulkhead/number(of:)``.
    public func number(of partition: String?) -> Int { bulkhead.number(of: partition) }

    /// Takes a permit, waiting for it if calls may wait.
    ///
    /// - Parameters:
    ///   - partition: the number of the partition whose share it may use. Default 0, none.
    ///   - deadline: when the caller gives up; the maximum wait counts besides. Default never.
    /// - Throws: as ``Bulkhead/acquire(partition:until:)``.
    public func acquire(
        partition: Int = 0, until deadline: Instant? = nil
    ) async throws(CallFailure) -> AdaptiveConcurrencyPermit {
        let permit = try await bulkhead.acquire(partition: partition, until: deadline)
        return AdaptiveConcurrencyPermit(permit, limit: self, start: time.now)
    }

    /// Takes a permit if one is free now.
    ///
    /// - Throws: ``CallFailure/Code/overloaded`` with `retryAfter`.
    public func acquireAtOnce(partition: Int = 0) throws(CallFailure) -> AdaptiveConcurrencyPermit {
        let permit = try bulkhead.acquireAtOnce(partition: partition)
        return AdaptiveConcurrencyPermit(permit, limit: self, start: time.now)
    }

    /// How many calls may run at once, how many do, and what was refused.
    public var statistics: BulkheadStatistics { bulkhead.statistics }

    /// What is taken for the latency of a call that doesn't queue; nil until enough calls have ended.
    public var normalLatency: Duration? { gradient.withLock { $0.normalLatency } }

    func record(start: Instant, inFlight: Int, _ outcome: ConcurrencyOutcome) {
        let now = time.now
        gradient.withLock { gradient in
            let changed = gradient.record(latency: start.duration(to: now), inFlight: inFlight, outcome, now: now)
            // Within the lock, so that of two changes the later one stays. The bulkhead resumes waiters outside of its own.
            if let changed { bulkhead.resize(to: changed) }
        }
    }
}
