// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusRuntime

@Suite("The state of a watched loop")
struct LoopWatchStateTests {
    func at(_ milliseconds: Int) -> Instant { Instant(nanoseconds: Int64(milliseconds) * 1_000_000) }

    func state() -> LoopWatchState { LoopWatchState(threshold: .milliseconds(500), interval: .milliseconds(100)) }

    @Test("a loop that answers is pinged again and again")
    func answers() {
        var state = state()
        #expect(state.tick(answered: nil, at: at(0)) == .ping(1))
        for number in 1...5 {
            let now = number * 100
            #expect(state.tick(answered: (number, at(now - 99)), at: at(now)) == .ping(number + 1))
        }
    }

    @Test("one that doesn't is reported once, and once when it is free")
    func blocked() {
        var state = state()
        #expect(state.tick(answered: nil, at: at(0)) == .ping(1))
        for now in stride(from: 100, to: 500, by: 100) { #expect(state.tick(answered: nil, at: at(now)) == .none) }
        #expect(state.tick(answered: nil, at: at(500)) == .reportBlocked(since: at(0)))
        for now in stride(from: 600, to: 2000, by: 100) { #expect(state.tick(answered: nil, at: at(now)) == .none) }
        #expect(
            state.tick(answered: (1, at(1950)), at: at(2000)) == .reportFree(after: .milliseconds(1950), ping: 2))
        #expect(state.tick(answered: (1, at(1950)), at: at(2100)) == .none)
        for now in stride(from: 2200, to: 2500, by: 100) {
            #expect(state.tick(answered: (1, at(1950)), at: at(now)) == .none)
        }
        #expect(state.tick(answered: (1, at(1950)), at: at(2500)) == .reportBlocked(since: at(2000)), "a new incident")
    }

    @Test("time in which the watcher itself stood still counts for nobody")
    func suspended() {
        var state = state()
        #expect(state.tick(answered: nil, at: at(0)) == .ping(1))
        #expect(state.tick(answered: nil, at: at(60_000)) == .none, "the process was stopped for a minute")
        #expect(state.tick(answered: (1, at(60_001)), at: at(60_100)) == .ping(2))
        #expect(state.tick(answered: (1, at(60_001)), at: at(120_000)) == .none)
        for now in stride(from: 120_100, to: 120_400, by: 100) {
            #expect(state.tick(answered: (1, at(60_001)), at: at(now)) == .none)
        }
        #expect(
            state.tick(answered: (1, at(60_001)), at: at(120_400)) == .reportBlocked(since: at(119_900)),
            "it is blocked indeed")
    }
}
