// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// Makes calls fail on purpose, so that one sees what becomes of the rest: ``FaultPlan`` with a lock and a clock.
///
/// **Off unless armed**: without an armed rule a call costs one atomic read. **Expires by itself**: every rule is armed for a time, at
/// most an hour. One injector serves a whole process; calls say by their target what they are.
///
/// Who may arm is up to the caller: whoever can, can take the service down.
///
/// Safe to use from any thread.
public final class FaultInjector: Sendable {
    private let isArmed = Atomic<Bool>(false)
    private let plan: Mutex<FaultPlan>
    private let total = Atomic<UInt64>(0)
    let time: TimeSource

    /// - Parameters:
    ///   - time: the clock, the machine's by default.
    ///   - random: draws who is hit, and how long latencies are.
    public init(time: TimeSource = .system, random: FastRandom = FastRandom()) {
        self.time = time
        plan = Mutex(FaultPlan(random: random))
    }

    /// Arms a rule, in place of one of the same name.
    ///
    /// - Parameter duration: for how long. Above 0 and at most 1 h.
    /// - Throws: ``InvalidConfiguration`` with every problem of the rule and the duration, and if 64 are armed already.
    public func arm(_ rule: FaultRule, for duration: Duration) throws(InvalidConfiguration) {
        let now = time.now
        try plan.withLock { plan throws(InvalidConfiguration) in
            try plan.arm(rule, for: duration, now: now)
            isArmed.store(true, ordering: .releasing)
        }
    }

    /// Takes a rule back.
    ///
    /// - Returns: whether it was armed.
    @discardableResult
    public func disarm(_ name: String) -> Bool {
        let now = time.now
        return plan.withLock { plan in
            let wasArmed = plan.disarm(name, now: now)
            isArmed.store(!plan.isEmpty(at: now), ordering: .releasing)
            return wasArmed
        }
    }

    /// Takes all rules back.
    public func disarmAll() {
        plan.withLock { plan in
            plan.disarmAll()
            isArmed.store(false, ordering: .releasing)
        }
    }

    /// What is armed, with when it expires and whom it has hit.
    public var armed: [ArmedFault] {
        let now = time.now
        return plan.withLock { $0.list(now: now) }
    }

    /// How many faults were injected since it was made.
    public var injected: UInt64 { total.load(ordering: .relaxed) }

    /// What is done to a call; nothing if nothing is armed.
    ///
    /// - Parameter call: what is known of the call; evaluated only if something is armed.
    @inlinable
    public func decide(_ call: @autoclosure () -> some FaultSubject) -> [Fault] {
        mayInject ? draw(call()) : []
    }

    /// Whether anything may be armed: one atomic read.
    public var mayInject: Bool { isArmed.load(ordering: .acquiring) }

    /// What is done to a call, by the rules that are armed.
    public func draw(_ call: some FaultSubject) -> [Fault] {
        let now = time.now
        let faults = plan.withLock { plan in
            let faults = plan.decide(call, now: now)
            if plan.isEmpty(at: now) { isArmed.store(false, ordering: .releasing) }
            return faults
        }
        if !faults.isEmpty { total.add(UInt64(faults.count), ordering: .relaxed) }
        return faults
    }

    /// Waits for an injected latency, at most until the call's deadline.
    ///
    /// - Throws: `cancelled`; `deadline_exceeded` if the deadline passed, as with a slow peer.
    public func wait(_ latency: Duration, in context: CallContext) async throws(CallFailure) {
        let end = time.now.advanced(by: latency)
        do throws(CancellationError) {
            try await time.sleep(until: context.deadline.map { min($0, end) } ?? end)
        } catch {
            throw CallFailure(
                .cancelled, "the task was cancelled during an injected latency", stage: .admission,
                mayHaveReachedPeer: false)
        }
        guard let deadline = context.deadline, deadline <= time.now else { return }
        // What a slow peer would look like: nobody knows how far it came.
        throw CallFailure(
            .deadlineExceeded, "the deadline passed during an injected latency", stage: .response,
            mayHaveReachedPeer: true)
    }
}
