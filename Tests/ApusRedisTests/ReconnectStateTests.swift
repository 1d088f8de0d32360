// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@testable import ApusRedis

@Suite("When to connect")
struct ReconnectStateTests {
    private let error = RedisError(.connectFailed, "refused", mayHaveRun: false)

    private func state(reconnects: Bool = true) -> ReconnectState {
        ReconnectState(
            Backoff(base: .milliseconds(100), maximum: .seconds(1), factor: 2, jitter: .none), reconnects: reconnects,
            random: FastRandom(seed: 1))
    }

    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    private func answer(_ state: ReconnectState, _ milliseconds: Int64) -> String {
        switch state.admission(now: at(milliseconds)) {
        case .send: "send"
        case .wait: "wait"
        case .reject(let error): "\(error.code)"
        }
    }

    @Test("the first who needs it makes it dial, and waits")
    func first() {
        var state = state()
        let dials = [state.want(), state.want()]
        #expect(dials == [true, false])
        #expect(answer(state, 0) == "wait")
        state.connected(now: at(1))
        #expect(answer(state, 1) == "send")
    }

    @Test("after a failed dial callers are refused at once, with the time until the next")
    func refused() {
        var state = state()
        _ = state.want()
        let first = state.failed(error, now: at(0))
        #expect(first == .milliseconds(100))
        guard case .reject(let refusal) = state.admission(now: at(40)) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.retryAfter == .milliseconds(60))
        let isDue = state.due()
        #expect(isDue)
        #expect(answer(state, 100) == "connect_failed")
        let second = state.failed(error, now: at(100))
        #expect(second == .milliseconds(200))
        _ = state.due()
        state.connected(now: at(300))
        #expect(answer(state, 300) == "send")
    }

    @Test("after a loss callers wait for the first dial; the back-off grows unless the connection was stable")
    func lost() {
        var state = state()
        _ = state.want()
        state.connected(now: at(0))
        var delays: [Duration?] = [state.lost(now: at(10))]
        #expect(answer(state, 10) == "wait")
        _ = state.due()
        state.connected(now: at(200))
        delays.append(state.lost(now: at(210)))
        _ = state.due()
        state.connected(now: at(500))
        delays.append(state.lost(now: at(6_000)))
        #expect(delays == [.milliseconds(100), .milliseconds(200), .milliseconds(100)])
    }

    @Test("a lent connection isn't made again, and nothing is made after the end")
    func once() {
        var state = state(reconnects: false)
        _ = state.want()
        state.connected(now: at(0))
        let delay = state.lost(now: at(1))
        #expect(delay == nil)
        #expect(answer(state, 1) == "connection_lost")
        var closed = self.state()
        closed.close()
        let dials = closed.want()
        #expect(!dials)
        #expect(answer(closed, 0) == "closed")
    }
}
