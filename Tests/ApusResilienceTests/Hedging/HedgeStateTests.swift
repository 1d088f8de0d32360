// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusResilience
import Testing

@Suite("The attempts of a hedged call")
struct HedgeStateTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    private func at(_ milliseconds: Int) -> Instant { start.advanced(by: .milliseconds(milliseconds)) }

    private func state(
        extra: Int = 1, delay: Duration = .milliseconds(10), deadline: Instant? = nil
    ) -> HedgeState {
        var configuration = HedgeConfiguration()
        configuration.maximumExtraAttempts = extra
        return HedgeState(configuration, delay: delay, deadline: deadline, now: start)
    }

    @Test("are sent one by one, each when the delay after the one before is over")
    func delays() {
        var state = state(extra: 2)
        #expect(state.advance(to: at(9)) == .wait(until: at(10)))
        #expect(state.advance(to: at(11)) == .send(thenWaitUntil: at(21)))
        #expect(state.advance(to: at(12)) == .wait(until: at(21)))
        #expect(state.advance(to: at(21)) == .send(thenWaitUntil: nil))
        #expect(state.advance(to: at(1_000)) == .wait(until: nil))
        #expect(state.sent == 3 && state.inFlight == 3)
    }

    @Test("are all sent at once without a delay")
    func noDelay() {
        var state = state(extra: 2, delay: .zero)
        #expect(state.advance(to: start) == .send(thenWaitUntil: start))
        #expect(state.advance(to: start) == .send(thenWaitUntil: nil))
        #expect(state.advance(to: start) == .wait(until: nil))
    }

    @Test("include the next at once when one fails in a way that another may mend")
    func failure() {
        var state = state(extra: 2)
        #expect(state.fail(.lost, now: at(1)) == .send(thenWaitUntil: at(11)))
        #expect(state.fail(.status(503), now: at(2)) == .send(thenWaitUntil: nil))
        #expect(state.fail(.refused, now: at(3)) == .giveUp)
        #expect(state.failure?.code == .connectFailed)
        #expect(state.failure?.attempts == 3)
        #expect(state.failure?.mayHaveReachedPeer == true)
    }

    @Test("end the call with the last failure when all have failed")
    func allFail() {
        var state = state()
        #expect(state.advance(to: at(10)) == .send(thenWaitUntil: nil))
        #expect(state.fail(.status(502), now: at(11)) == .wait(until: nil))
        #expect(state.fail(.lost, now: at(12)) == .giveUp)
        #expect(state.failure?.code == .connectionLost)
        #expect(state.failure?.attempts == 2)
    }

    @Test("end the call at once with a failure that none can mend, and count those that are out")
    func fatal() {
        var state = state()
        #expect(state.advance(to: at(10)) == .send(thenWaitUntil: nil))
        var refused = CallFailure.unwelcome
        refused.mayHaveReachedPeer = false
        #expect(state.fail(refused, now: at(11)) == .giveUp)
        #expect(state.failure?.code == .invalidResponse)
        #expect(state.failure?.attempts == 2)
        #expect(state.failure?.mayHaveReachedPeer == true)
    }

    @Test(
        "are no more once a peer has asked for less, but those that are out are waited for",
        arguments: [
            CallFailure.status(503, retryAfter: .zero), .status(429),
            CallFailure(.overloaded, "full", stage: .response, mayHaveReachedPeer: true),
        ])
    func pushBack(_ pushBack: CallFailure) {
        var state = state(extra: 3)
        #expect(state.advance(to: at(10)) == .send(thenWaitUntil: at(20)))
        #expect(state.fail(pushBack, now: at(11)) == .wait(until: nil))
        #expect(state.stopped == .pushBack)
        #expect(state.advance(to: at(20)) == .wait(until: nil))
        #expect(state.fail(.lost, now: at(21)) == .giveUp)
    }

    @Test("are no more once this process lets none through, and its rejection hides no other failure")
    func rejected() {
        let rejection = CallFailure(.noInstance, "none", stage: .admission, mayHaveReachedPeer: false)
        var state = state(extra: 3)
        #expect(state.advance(to: at(10)) == .send(thenWaitUntil: at(20)))
        #expect(state.fail(rejection, now: at(10)) == .wait(until: nil))
        #expect(state.stopped == .rejected)
        #expect(state.fail(.status(503), now: at(12)) == .giveUp)
        #expect(state.failure?.status == 503)

        state = self.state(extra: 3)
        #expect(state.fail(.lost, now: at(1)) == .send(thenWaitUntil: at(11)))
        #expect(state.fail(rejection, now: at(1)) == .giveUp)
        #expect(state.failure?.code == .connectionLost)
        #expect(state.failure?.attempts == 2)

        state = self.state(extra: 3)
        #expect(state.fail(rejection, now: at(1)) == .giveUp)
        #expect(state.failure?.code == .noInstance)
    }

    @Test("stop without a budget, and the first is waited for")
    func budget() {
        var state = state(extra: 2)
        #expect(state.advance(to: at(10), withdrawing: { false }) == .wait(until: nil))
        #expect(state.stopped == .budgetExhausted)
        #expect(state.advance(to: at(20)) == .wait(until: nil))
        #expect(state.fail(.lost, now: at(21)) == .giveUp)
        #expect(state.sent == 1)
    }

    @Test("don't ask the budget before they are due")
    func asksLate() {
        var asked = 0
        var state = state()
        let ask = {
            asked += 1
            return true
        }
        _ = state.advance(to: at(9), withdrawing: ask)
        #expect(asked == 0)
        _ = state.advance(to: at(10), withdrawing: ask)
        _ = state.advance(to: at(10), withdrawing: ask)
        #expect(asked == 1)
    }

    @Test("are never sent past the deadline")
    func deadline() {
        var state = state(extra: 3, deadline: at(25))
        #expect(state.advance(to: at(10)) == .send(thenWaitUntil: at(20)))
        #expect(state.advance(to: at(20)) == .send(thenWaitUntil: nil))
        #expect(state.fail(.lost, now: at(25)) == .wait(until: nil))
        #expect(state.sent == 3)
        var late = self.state(extra: 3, deadline: at(25))
        #expect(late.advance(to: at(25)) == .wait(until: nil))
    }

    @Test("keep every promise under random events", arguments: 0..<8)
    func promises(_ world: Int) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        for call in 0..<500 {
            let note: Comment = "seed \(seed), call \(call)"
            let extra = Int.random(in: 0...4, using: &random)
            let deadline = Bool.random(using: &random) ? at(Int.random(in: 1...100, using: &random)) : nil
            var state = state(
                extra: extra, delay: .milliseconds(Int.random(in: 0...20, using: &random)), deadline: deadline)
            var now = start
            var budget = Int.random(in: 0...4, using: &random)
            var out = 1
            var sent = 1
            var hasFailed = false
            var mayGoOn = true
            for _ in 0..<60 {
                now = now.advanced(by: .milliseconds(Int.random(in: 0...15, using: &random)))
                let withdraw = {
                    budget -= 1
                    return budget >= 0
                }
                let decision: HedgeDecision
                if Bool.random(using: &random) {
                    decision = state.advance(to: now, withdrawing: withdraw)
                } else {
                    out -= 1
                    hasFailed = true
                    let failures: [CallFailure] = [.lost, .refused, .status(503), .status(429), .unwelcome]
                    let failure = failures.randomElement(using: &random) ?? .lost
                    if failure.status == 429 { mayGoOn = false }
                    decision = state.fail(failure, now: now, withdrawing: withdraw)
                    if failure.code == .invalidResponse { try #require(decision == .giveUp, note) }
                }
                if case .send(let next) = decision {
                    sent += 1
                    out += 1
                    try #require(mayGoOn && budget >= 0, note)
                    try #require(deadline.map { now < $0 && next ?? now < $0 } ?? true, note)
                }
                try #require(sent <= extra + 1 && state.sent == sent && state.inFlight == out, note)
                if out == 0 { try #require(decision == .giveUp, note) }
                guard decision != .giveUp else {
                    try #require(state.failure?.attempts == sent && hasFailed, note)
                    break
                }
            }
        }
    }
}
