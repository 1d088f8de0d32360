// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import Synchronization

/// The instances of one service and the policy that picks among them: what a client or a gateway holds per service.
///
/// Safe to use from any thread. A new set takes the place of the old one at once: a pick sees the one or the other,
/// never a mixture. What is picked stays valid after its set is gone. Up to 16 threads pick without waiting for each
/// other, and none waits for one that replaces the set.
///
/// The tables follow a change of the set at once and a change of health, weight or slow start with the next pick, which
/// takes longer: about 5 µs for a hundred instances, 35 µs for a thousand.
public final class Balancer<Target: Sendable, Policy: BalancingPolicy>: Sendable {
    /// What was picked: the candidate, for its lease and its health, and where to send the call.
    public struct Selection: Sendable {
        @usableFromInline let member: CandidateSet<Target>.Member

        @inlinable
        init(_ member: CandidateSet<Target>.Member) {
            self.member = member
        }

        /// Holds the lease of the call and the health of the instance.
        @inlinable public var candidate: Candidate { member.candidate }
        /// Where to send the call.
        @inlinable public var target: Target { member.target }
    }

    /// What a pick looks at.
    @usableFromInline
    final class State: @unchecked Sendable {
        @usableFromInline let set: CandidateSet<Target>
        @usableFromInline let view: BalancingView<Policy>
        // What the view holds as well, one step nearer.
        @usableFromInline let group: CandidateGroup
        @usableFromInline let version: UInt64
        @usableFromInline let single: Unmanaged<BalancingView<Policy>.Group>?

        init(_ set: CandidateSet<Target>, _ view: BalancingView<Policy>) {
            self.set = set
            self.view = view
            (group, version, single) = (view.group, view.version, view.single)
        }
    }

    @usableFromInline
    enum Attempt {
        case picked(Selection?)
        /// Something has changed that the tables don't show yet.
        case outOfDate
    }

    /// How candidates are picked.
    public let policy: Policy
    /// Which candidates take part.
    public let eligibility: EligibilityConfiguration
    @usableFromInline let time: TimeSource
    @usableFromInline let stripes: Stripes<State>
    /// When the tables are out of date although nothing changed; `Int64.max` is never.
    @usableFromInline let refreshAt = Atomic<Int64>(.max)
    /// Held by the one thread that makes new tables.
    private let state: Mutex<State>

    /// A balancer without instances, with the default ``EligibilityConfiguration``.
    ///
    /// - Parameters:
    ///   - policy: how to pick.
    ///   - random: where the policy's chance comes from. Default: seeded by the system.
    public convenience init(policy: Policy, random: FastRandom = FastRandom()) {
        self.init(policy, EligibilityConfiguration(), CandidateSet(), random, .system)
    }

    /// A balancer that starts with the instances of a set.
    ///
    /// - Parameters:
    ///   - policy: how to pick.
    ///   - eligibility: which candidates take part.
    ///   - set: the first set. Default: without instances. With the set of another balancer, calls in flight, health
    ///     and latencies live on: so a change of policy keeps them.
    ///   - random: where the policy's chance comes from. Default: seeded by the system.
    ///   - time: the clock for slow starts and latencies, the machine's by default.
    /// - Throws: ``InvalidConfiguration`` with every problem of `eligibility`.
    public convenience init(
        policy: Policy, eligibility: EligibilityConfiguration, set: CandidateSet<Target> = CandidateSet(),
        random: FastRandom = FastRandom(), time: TimeSource = .system
    ) throws(InvalidConfiguration) {
        let problems = eligibility.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.init(policy, eligibility, set, random, time)
    }

    private init(
        _ policy: Policy, _ eligibility: EligibilityConfiguration, _ set: CandidateSet<Target>, _ random: FastRandom,
        _ time: TimeSource
    ) {
        self.policy = policy
        self.eligibility = eligibility
        self.time = time
        let view = BalancingView(
            of: set.candidates, in: set.group, by: policy, eligibility: eligibility, now: time.now)
        let first = State(set, view)
        stripes = Stripes(first, random: random)
        state = Mutex(first)
        refreshAt.store(view.refreshAt.nanoseconds, ordering: .relaxed)
    }

    /// Picks an instance for a call.
    ///
    /// - Returns: nil if no instance is known, usable and allowed by the call.
    @inlinable
    public func pick(for call: BalancedCall = BalancedCall()) -> Selection? {
        if !policy.readsTime, refreshAt.load(ordering: .relaxed) == .max {
            if case .picked(let selection) = attempt(call, mayBeOld: false) { return selection }
            return pickAnew(for: call)
        }
        return pickInTime(for: call)
    }

    /// Picks for a policy that wants to know the time, or during a slow start.
    @inlinable
    func pickInTime(for call: BalancedCall) -> Selection? {
        var call = call
        let now = call.now ?? time.now
        call.now = now
        if now.nanoseconds < refreshAt.load(ordering: .relaxed),
            case .picked(let selection) = attempt(call, mayBeOld: false)
        {
            return selection
        }
        return pickAnew(for: call)
    }

    @inlinable
    func pickAnew(for call: BalancedCall) -> Selection? {
        refresh()
        // By now it may be out of date again, or another thread may be at it.
        if case .picked(let selection) = attempt(call, mayBeOld: true) { return selection }
        return nil
    }

    @inlinable @inline(__always)
    func attempt(_ call: BalancedCall, mayBeOld: Bool) -> Attempt {
        stripes.withAny { state, random in
            guard mayBeOld || state.group.version == state.version else { return .outOfDate }
            let index: Int?
            if let single = state.single {
                index = single._withUnsafeGuaranteedRef { $0.pick(for: call, by: policy, using: &random) }
            } else {
                index = state.view.pickGroup(for: call, by: policy, using: &random)
            }
            return .picked(index.map { Selection(state.set.members[$0]) })
        }
    }

    /// Makes new tables, unless another thread is at it.
    @usableFromInline
    func refresh() {
        let now = time.now
        _ = state.withLockIfAvailable { state in
            guard !state.view.isCurrent(at: now) else { return }
            install(state.set, over: &state, now: now)
        }
    }

    private func install(_ set: CandidateSet<Target>, over state: inout State, now: Instant) {
        let view = BalancingView(
            of: set.candidates, in: set.group, by: policy, eligibility: eligibility, now: now, after: state.view)
        state = State(set, view)
        stripes.replace(with: state)
        refreshAt.store(view.refreshAt.nanoseconds, ordering: .relaxed)
    }

    /// Replaces the instances. Those that stay, by id, keep their calls in flight and their health.
    ///
    /// Sets that arrive at once from several threads are applied one after the other, each as a whole.
    ///
    /// - Parameter instances: ids and targets. Of several with the same id the last counts.
    /// - Returns: the new set.
    @discardableResult
    public func replace(with instances: [(id: String, target: Target)]) -> CandidateSet<Target> {
        replace(by: instances.map { BalancedInstance(id: $0.id, target: $0.target) })
    }

    /// Replaces the instances. Those that stay, by id, keep their calls in flight, their health and their latency, and
    /// take over weight and zone. The slow start of those that are new begins now, unless the set was empty.
    ///
    /// Sets that arrive at once from several threads are applied one after the other, each as a whole.
    ///
    /// - Parameter instances: of several with the same id the last counts.
    /// - Returns: the new set.
    @discardableResult
    public func replace(by instances: [BalancedInstance<Target>]) -> CandidateSet<Target> {
        let now = time.now
        return state.withLock { state in
            let next = state.set.replaced(by: instances, now: now)
            install(next, over: &state, now: now)
            return next
        }
    }

    /// Takes note of how long a call to an instance took, for policies that weigh latencies.
    ///
    /// - Parameters:
    ///   - latency: how long the call took; of one that failed at least what it would have taken.
    ///   - candidate: that of the selection.
    ///   - now: when the call ended.
    @inlinable
    public func observe(_ latency: Duration, of candidate: Candidate, now: Instant) {
        policy.observe(latency, of: candidate, now: now)
    }

    /// The instances at this moment.
    public var set: CandidateSet<Target> { stripes.withAny { state, _ in state.set } }

    /// Who takes part in picks at this moment, and why; brought up to date first.
    public var plan: EligibilityPlan {
        refresh()
        return stripes.withAny { state, _ in state.view.plan }
    }
}
