// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// Leaves out the instances of a service that fail more than the others: ``OutlierDetector`` with a lock, a clock and
/// the candidates, which it marks ``Candidate/Unusable/ejected``.
///
/// ```swift
/// let outliers = try OutlierDetection { balancer.set.candidates }
/// outliers.record(.success, of: selection.candidate, now: time.now)   // after each call
/// await outliers.run()                                                // in a task of its own
/// ```
///
/// Each result costs two atomic operations or so; the lock is taken by runs of failures, at the end of an interval and
/// for returns. Intervals end and ejected instances return in ``run()``, or when the next result comes in; who calls
/// ``advance(to:)`` needs neither. An instance that returns begins its slow start.
///
/// One detection marks a candidate, not several. When it goes away, or is told to ``stop()``, all its ejections end.
/// Safe to use from any thread.
public final class OutlierDetection: Sendable {
    private struct State: Sendable {
        var detector: OutlierDetector
        var intervalEnd: Instant
        /// Who is marked.
        var ejected: [String: Candidate] = [:]
        var isStopped = false
    }

    private let state: Mutex<State>
    private let time: TimeSource
    private let candidates: @Sendable () -> [Candidate]
    private let onChange: (@Sendable (OutlierChange) -> Void)?
    /// When there is something to do although no call fails.
    private let due: Atomic<Int64>
    private let maximumInRow: Atomic<Int>
    private let maximumGatewayInRow: Atomic<Int>

    /// - Parameters:
    ///   - configuration: what is judged and how.
    ///   - random: draws the jitter. Default: seeded by the system.
    ///   - time: the clock, the machine's by default.
    ///   - onChange: called after each ejection and return, on the thread that caused it, outside the lock.
    ///   - candidates: gives all candidates of the service.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        _ configuration: OutlierConfiguration = .init(), random: FastRandom = FastRandom(),
        time: TimeSource = .system, onChange: (@Sendable (OutlierChange) -> Void)? = nil,
        candidates: @escaping @Sendable () -> [Candidate]
    ) throws(InvalidConfiguration) {
        let detector = try OutlierDetector(configuration, random: random)
        self.time = time
        self.candidates = candidates
        self.onChange = onChange
        let end = time.now.advanced(by: configuration.interval)
        state = Mutex(State(detector: detector, intervalEnd: end))
        due = Atomic(end.nanoseconds)
        maximumInRow = Atomic(Self.limit(configuration.consecutiveFailures))
        maximumGatewayInRow = Atomic(Self.limit(configuration.consecutiveGatewayFailures))
    }

    deinit {
        state.withLock { Self.releaseAll(&$0) }
    }

    /// Takes note of what became of a call.
    public func record(_ outcome: OutlierOutcome, of candidate: Candidate, now: Instant) {
        switch outcome {
        case .cancelled: break
        case .success: candidate.results.succeeded()
        case .failure, .gatewayFailure:
            let inRow = candidate.results.failed(withoutAnswer: outcome == .gatewayFailure)
            if inRow.gatewayFailures >= maximumGatewayInRow.load(ordering: .relaxed) {
                eject(candidate, for: .consecutiveGatewayFailures(inRow.gatewayFailures), now: now)
            } else if inRow.failures >= maximumInRow.load(ordering: .relaxed) {
                eject(candidate, for: .consecutiveFailures(inRow.failures), now: now)
            }
        }
        if now.nanoseconds >= due.load(ordering: .relaxed) { advance(to: now) }
    }

    /// Takes note of a health check that passed: an ejected instance returns.
    public func recover(_ candidate: Candidate, now: Instant) {
        apply(at: now) { state, _ in
            state.detector.recover(candidate.id, now: now).map { [$0] } ?? []
        }
    }

    /// Does what is due by `now`: ends an interval, brings back instances.
    public func advance(to now: Instant) {
        apply(at: now) { state, candidates in
            guard now >= state.intervalEnd else { return state.detector.returnDue(now: now) }
            // An interval in which nobody looked is as long as it was; those after it begin now.
            state.intervalEnd = now.advanced(by: state.detector.configuration.interval)
            let hosts = candidates.map { candidate in
                let (successes, failures) = candidate.results.takeInterval()
                return Self.host(candidate, successes: successes, failures: failures)
            }
            return state.detector.endInterval(hosts, now: now)
        }
    }

    /// Ends intervals and ejections when they are due, until the task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            do throws(CancellationError) {
                try await time.sleep(until: Instant(nanoseconds: due.load(ordering: .relaxed)))
            } catch {
                return
            }
            advance(to: time.now)
        }
    }

    /// Goes on with another configuration, which counts from now on. Who is out stays out until its time.
    ///
    /// - Throws: ``InvalidConfiguration`` with every problem; the old one goes on then.
    public func reconfigure(_ configuration: OutlierConfiguration) throws(InvalidConfiguration) {
        let now = time.now
        try state.withLock { (state) throws(InvalidConfiguration) in
            try state.detector.reconfigure(configuration)
            state.intervalEnd = min(state.intervalEnd, now.advanced(by: configuration.interval))
            maximumInRow.store(Self.limit(configuration.consecutiveFailures), ordering: .relaxed)
            maximumGatewayInRow.store(Self.limit(configuration.consecutiveGatewayFailures), ordering: .relaxed)
            publish(state)
        }
    }

    /// Ends all ejections, and ejects no more.
    public func stop() {
        state.withLock { state in
            Self.releaseAll(&state)
            state.isStopped = true
        }
    }

    /// The last changes, the oldest first; at most ``OutlierDetector/historyLength``.
    public var history: [OutlierChange] { state.withLock { $0.detector.history } }

    /// Ejections that a bound prevented: too many were out, or it was the last.
    public var prevented: UInt64 { state.withLock { $0.detector.prevented } }

    private func eject(_ candidate: Candidate, for reason: OutlierReason, now: Instant) {
        // If it must stay in, it takes another run to look at it again.
        candidate.results.endRuns()
        apply(at: now) { state, candidates in
            let hosts = candidates.map { Self.host($0) }
            return state.detector.eject(candidate.id, for: reason, among: hosts, now: now).map { [$0] } ?? []
        }
    }

    private func apply(at now: Instant, _ event: (inout State, [Candidate]) -> [OutlierChange]) {
        let candidates = candidates()
        let changes = state.withLock { state -> [OutlierChange] in
            guard !state.isStopped else { return [] }
            Self.forgetGone(candidates, &state)
            let changes = event(&state, candidates)
            for change in changes { Self.mark(change, candidates, &state) }
            publish(state)
            return changes
        }
        guard let onChange else { return }
        for change in changes { onChange(change) }
    }

    private static func mark(_ change: OutlierChange, _ candidates: [Candidate], _ state: inout State) {
        switch change.kind {
        case .ejected:
            guard let candidate = candidates.first(where: { $0.id == change.id }) else { return }
            state.ejected[change.id] = candidate
            candidate.mark(.ejected, true)
        case .returned, .recovered:
            guard let candidate = state.ejected.removeValue(forKey: change.id) else { return }
            candidate.results.endRuns()
            candidate.restart(at: change.at)
            candidate.mark(.ejected, false)
        }
    }

    private static func forgetGone(_ candidates: [Candidate], _ state: inout State) {
        for (id, candidate) in state.ejected where !candidates.contains(where: { $0 === candidate }) {
            state.ejected[id] = nil
            state.detector.forget(id)
        }
    }

    private static func releaseAll(_ state: inout State) {
        for candidate in state.ejected.values { candidate.mark(.ejected, false) }
        state.ejected = [:]
    }

    private func publish(_ state: borrowing State) {
        let next = min(state.intervalEnd, state.detector.nextReturn ?? .distantFuture)
        due.store(next.nanoseconds, ordering: .relaxed)
    }

    private static func host(_ candidate: Candidate, successes: Int = 0, failures: Int = 0) -> OutlierDetector.Host {
        OutlierDetector.Host(
            id: candidate.id, isUsable: candidate.unusable.subtracting(.ejected).isEmpty, successes: successes,
            failures: failures)
    }

    /// 0 is off.
    private static func limit(_ count: Int) -> Int { count > 0 ? count : .max }
}
