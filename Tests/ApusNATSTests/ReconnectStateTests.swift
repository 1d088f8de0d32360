// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@testable import ApusNATS

@Suite("When the NATS client connects")
struct ReconnectStateTests {
    private static let start = Instant(nanoseconds: 0)
    private static let failure = NATSError(.connectFailed, "no", mayHaveRun: false)

    private func state() -> ReconnectState {
        ReconnectState(
            Backoff(base: .seconds(1), maximum: .seconds(60), factor: 2, jitter: .none), random: FastRandom(seed: 1))
    }

    private func at(_ seconds: Int) -> Instant { Self.start.advanced(by: .seconds(seconds)) }

    private func answer(_ state: ReconnectState, at seconds: Int) -> String {
        switch state.admission(now: at(seconds)) {
        case .send: "send"
        case .wait: "wait"
        case .reject(let error): "\(error.code) \(error.retryAfter?.seconds ?? -1)"
        }
    }

    @Test("requests wait for the first dial, and are refused after it failed, until one succeeds")
    func first() {
        var state = state()
        #expect(answer(state, at: 0) == "wait")
        let dials = state.wantsDial(now: at(0))
        let again = state.wantsDial(now: at(0))
        #expect(dials && !again && answer(state, at: 0) == "wait")
        state.failed(Self.failure, now: at(0))
        #expect(state.next == at(1) && answer(state, at: 0) == "connect_failed 1.0")
        let early = state.wantsDial(now: at(0))
        let due = state.wantsDial(now: at(1))
        #expect(!early && due && answer(state, at: 1) == "connect_failed 1.0")
        state.failed(Self.failure, now: at(1))
        #expect(state.next == at(3), "the wait grows")
        _ = state.wantsDial(now: at(3))
        let isConnected = state.connected(now: at(3))
        #expect(isConnected && answer(state, at: 3) == "send")
    }

    @Test("after a loss requests wait; the wait starts afresh if the connection was stable")
    func loss() {
        var state = state()
        for (connected, lost, next) in [(0, 1, 2), (2, 3, 5), (5, 10, 11)] {
            _ = state.wantsDial(now: at(connected))
            _ = state.connected(now: at(connected))
            state.lost(now: at(lost))
            #expect(answer(state, at: lost) == "wait")
            #expect(state.next == at(next))
        }
    }

    @Test("a connection that comes after the end isn't taken")
    func closed() {
        var state = state()
        _ = state.wantsDial(now: at(0))
        state.close()
        let isConnected = state.connected(now: at(1))
        let dials = state.wantsDial(now: at(1))
        #expect(!isConnected && !dials && answer(state, at: 1) == "closed -1.0")
    }
}
