// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience

/// A bulkhead's state with a time that the test moves, and words for what tests do to it.
final class BulkheadUnderTest {
    var state: BulkheadState
    var now = Instant(nanoseconds: 1_000_000_000_000)
    var actions: [BulkheadAction] = []

    init(_ change: (inout BulkheadConfiguration) -> Void = { _ in }) throws {
        var configuration = BulkheadConfiguration()
        configuration.maximumCalls = 2
        configuration.maximumWaiting = 2
        configuration.maximumWait = .seconds(1)
        change(&configuration)
        state = try BulkheadState(configuration, random: FastRandom(seed: 1))
    }

    func wait(_ duration: Duration) {
        now = now.advanced(by: duration)
    }

    @discardableResult
    func acquire(_ partition: Int = 0, deadline: Duration? = nil) -> BulkheadAdmission {
        state.acquire(
            partition: partition, deadline: deadline.map { now.advanced(by: $0) } ?? .distantFuture, now: now,
            actions: &actions)
    }

    /// The ticket of one who has to wait; nil if it hasn't.
    func queue(_ partition: Int = 0, deadline: Duration? = nil) -> BulkheadTicket? {
        if case .waiting(let ticket) = acquire(partition, deadline: deadline) { return ticket }
        return nil
    }

    func release(_ partition: Int = 0) {
        state.release(partition: partition, now: now, actions: &actions)
    }

    func cancel(_ ticket: BulkheadTicket) -> Bool { state.cancel(ticket) }

    func resize(_ maximum: Int) {
        state.resize(to: maximum, now: now, actions: &actions)
    }

    func expire() {
        state.expire(now: now, actions: &actions)
    }

    /// What the state has asked for since the last time.
    func take() -> [BulkheadAction] {
        defer { actions = [] }
        return actions
    }

    /// The waiters that were granted since the last time.
    func granted() -> [BulkheadTicket] {
        take().compactMap {
            if case .grant(let ticket) = $0 { return ticket }
            return nil
        }
    }

    /// Why waiters were refused since the last time.
    func refused() -> [BulkheadRejection.Reason] {
        take().compactMap {
            if case .reject(_, let rejection) = $0 { return rejection.reason }
            return nil
        }
    }
}

extension BulkheadAdmission {
    var isAdmitted: Bool { self == .admitted }

    var rejection: BulkheadRejection? {
        if case .rejected(let rejection) = self { return rejection }
        return nil
    }
}
