// SPDX-License-Identifier: Apache-2.0
public import ApusCore
import Synchronization

/// Refuses what a process can't do anyhow, so that it does the rest in time: ``LoadShedderState`` with a lock and a clock.
///
/// **Why**: a process that is asked for five times what it can do, and tries, answers everyone too late; its callers give up and
/// ask again. One that refuses four of five at once serves the fifth as well as ever. **When it sheds**: when requests have
/// queued for longer than the target, the least important first. **How it recovers**: with the first window that offers less
/// than fits. **Cold start**: it sheds nothing until it has seen a window.
///
/// It needs to be told one thing, how long what is ready to run waits in this process, by one of
/// - ``observe(delay:)`` with the lag of each event loop, measured by a timer every few milliseconds;
/// - `waited` of ``admit(_:isQueued:waited:)``, such as the time since the loop woke up, which sees a long turn of the loop
///   before it is over;
/// - permits of queued requests (`isQueued`, then ``LoadShedderPermit/start()``).
///
/// The CPU (``observe(cpu:)``) helps, but isn't needed. Where several loops work, one shedder sees them all: it sheds when
/// none of them is without delay.
///
/// Safe to use from any thread; each call takes one short lock.
public final class LoadShedder: Sendable {
    private let state: Mutex<LoadShedderState>
    private let time: TimeSource

    /// - Parameters:
    ///   - configuration: what delay is fine, and how fast to decide.
    ///   - time: the clock, the machine's by default.
    ///   - random: picks who is shed, and spreads when they return.
    /// - Throws: ``InvalidConfiguration`` with every problem of `configuration`.
    public init(
        _ configuration: LoadShedderConfiguration = .init(), time: TimeSource = .system,
        random: FastRandom = FastRandom()
    ) throws(InvalidConfiguration) {
        state = Mutex(try LoadShedderState(configuration, random: random))
        self.time = time
    }

    /// Asks whether a request may be worked on.
    ///
    /// - Parameters:
    ///   - priority: how much it matters. Default ``CallPriority/normal``.
    ///   - isQueued: whether it is queued before it is started; call ``LoadShedderPermit/start()`` then. Default false.
    ///   - waited: for how long it has been ready already, if that is known. Default nil.
    /// - Throws: ``CallFailure/Code/overloaded`` with why and `retryAfter`.
    public func admit(
        _ priority: CallPriority = .normal, isQueued: Bool = false, waited: Duration? = nil
    ) throws(CallFailure) -> LoadShedderPermit {
        let now = time.now
        switch state.withLock({ $0.admit(priority, isQueued: isQueued, waited: waited, now: now) }) {
        case .admitted: return LoadShedderPermit(self, admitted: now, isWaiting: isQueued)
        case .rejected(let rejection): throw rejection.failure
        }
    }

    /// Something that was ready to run had to wait for so long, such as the timer of an event loop.
    public func observe(delay: Duration) {
        let now = time.now
        state.withLock { $0.observe(delay: delay, now: now) }
    }

    /// How much of the CPU that this process may use was used in the last second or so: 0 to 1.
    public func observe(cpu: Double) {
        let now = time.now
        state.withLock { $0.observe(cpu: cpu, now: now) }
    }

    /// What it sees, and did.
    public var statistics: LoadShedderStatistics { state.withLock { $0.snapshot } }

    func start(admitted: Instant) {
        let now = time.now
        state.withLock { $0.start(admitted: admitted, now: now) }
    }

    func finish(isWaiting: Bool) {
        let now = time.now
        state.withLock { $0.finish(isWaiting: isWaiting, now: now) }
    }
}
