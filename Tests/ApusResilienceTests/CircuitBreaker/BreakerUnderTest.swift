// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Synchronization

/// A permit that can lie in an array.
final class HeldPermit: Sendable {
    private let permit: Mutex<CircuitBreakerPermit?>

    init(_ permit: consuming CircuitBreakerPermit) {
        self.permit = Mutex(permit)
    }

    func take() -> CircuitBreakerPermit? { permit.withLock { $0.take() } }
}

/// A breaker's state with a time that the test moves, and words for what tests do to it.
struct BreakerUnderTest {
    var state: CircuitBreakerState
    var now = Instant(nanoseconds: 1_000_000_000_000)

    init(_ change: (inout CircuitBreakerConfiguration) -> Void = { _ in }) throws {
        var configuration = CircuitBreakerConfiguration()
        change(&configuration)
        state = try CircuitBreakerState(configuration)
    }

    var phase: CircuitBreakerPhase { state.phase }
    var snapshot: CircuitBreakerSnapshot { state.snapshot }

    mutating func wait(_ duration: Duration) {
        now = now.advanced(by: duration)
    }

    /// A permit, or nil if the breaker rejects.
    mutating func admit() -> HeldPermit? {
        switch state.admit(now: now) {
        case .admitted(let permit): HeldPermit(permit)
        case .rejected: nil
        }
    }

    /// How long a rejected call is told to wait; nil if it would be admitted (which takes a permit).
    mutating func retryAfter() -> Duration? {
        switch state.admit(now: now) {
        case .admitted: nil
        case .rejected(let retryAfter): retryAfter
        }
    }

    @discardableResult
    mutating func record(_ permit: HeldPermit?, _ outcome: CallOutcome) -> CircuitBreakerTransition? {
        guard let permit = permit?.take() else { return nil }
        return state.record(permit, outcome, now: now)
    }

    /// Calls that end at once, as far as they are let through.
    mutating func call(_ outcomes: CallOutcome...) {
        for outcome in outcomes { record(admit(), outcome) }
    }

    /// A call that takes so long.
    @discardableResult
    mutating func call(_ outcome: CallOutcome, taking duration: Duration) -> CircuitBreakerTransition? {
        let permit = admit()
        wait(duration)
        return record(permit, outcome)
    }

    mutating func call(_ outcome: CallOutcome, times: Int) {
        for _ in 0..<times { call(outcome) }
    }
}
