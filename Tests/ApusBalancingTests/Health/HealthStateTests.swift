// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("The health of an instance")
struct HealthStateTests {
    private var now = Instant(nanoseconds: 1_000)

    /// Records checks a second apart and returns the statuses they lead to.
    private mutating func check(_ state: inout HealthState, _ results: Bool...) -> [HealthState.Status] {
        results.map { passed in
            now = now.advanced(by: .seconds(1))
            let before = state.status
            let transition = state.record(passed: passed, now: now)
            #expect((transition != nil) == (state.status != before))
            if let transition {
                #expect(transition.from == before)
                #expect(transition.to == state.status)
                #expect(transition.at == now)
                #expect(state.since == now)
            }
            return state.status
        }
    }

    @Test("is decided by the first check alone", arguments: [true, false])
    mutating func first(_ passed: Bool) throws {
        var state = try HealthState(now: now)
        #expect(state.status == .unknown)
        #expect(state.lastCheck == nil)
        #expect(check(&state, passed) == [passed ? .healthy : .unhealthy])
        #expect(state.lastCheck == now)
    }

    @Test("is lost only by failures in a row")
    mutating func unhealthy() throws {
        var state = try HealthState(HealthThresholds(unhealthyAfter: 3, healthyAfter: 2), now: now)
        let seen = check(&state, true, false, false, true, false, false, false)
        #expect(seen == [.healthy, .healthy, .healthy, .healthy, .healthy, .healthy, .unhealthy])
    }

    @Test("is regained only by passes in a row")
    mutating func healthyAgain() throws {
        var state = try HealthState(HealthThresholds(unhealthyAfter: 3, healthyAfter: 2), now: now)
        let seen = check(&state, false, true, false, true, true)
        #expect(seen == [.unhealthy, .unhealthy, .unhealthy, .unhealthy, .healthy])
    }

    @Test("doesn't flap with checks that pass and fail in turn")
    mutating func flapping() throws {
        var state = try HealthState(now: now)
        _ = check(&state, true)
        for _ in 0..<100 { #expect(check(&state, false, true) == [.healthy, .healthy]) }
    }

    @Test("follows every check with thresholds of one")
    mutating func thresholdsOfOne() throws {
        var state = try HealthState(HealthThresholds(unhealthyAfter: 1, healthyAfter: 1), now: now)
        #expect(check(&state, true, false, true, false) == [.healthy, .unhealthy, .healthy, .unhealthy])
    }

    @Test("counts the checks that contradict it")
    mutating func contrary() throws {
        var state = try HealthState(now: now)
        _ = check(&state, true, false, false)
        #expect(state.contrary == 2)
        _ = check(&state, true)
        #expect(state.contrary == 0)
    }

    @Test("refuses thresholds that make no sense, naming every key")
    func validates() {
        let wrong = HealthThresholds(unhealthyAfter: 0, healthyAfter: 101)
        #expect(wrong.validate().map(\.key) == ["unhealthyAfter", "healthyAfter"])
        #expect(throws: InvalidConfiguration.self) { try HealthState(wrong, now: Instant(nanoseconds: 0)) }
    }
}
