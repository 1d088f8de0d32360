// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import ApusMessaging

@Suite("Where a schedule stands")
struct ScheduleStateTests {
    private let hourly = Recurrence.every(.seconds(3600))
    private let start = Date(timeIntervalSince1970: 1_800_000_000)  // a full hour

    private func at(_ seconds: Double) -> Date { start.addingTimeInterval(seconds) }

    @Test("Started, it makes up for the last time that passed, if that isn't too long ago")
    func latest() {
        var state = ScheduleState(hourly, .latest(within: .seconds(1800)))
        let (action, losses) = state.advance(to: at(1800))
        #expect(action == .publish(due: at(0), attempt: 1) && losses.isEmpty)
        state.published()
        #expect(state.advance(to: at(1801)).action == .wait(until: at(3600)))

        var late = ScheduleState(hourly, .latest(within: .seconds(1800)))
        #expect(late.advance(to: at(1801)).action == .wait(until: at(3600)))

        var longer = ScheduleState(hourly, .latest(within: .seconds(20_000)))
        #expect(longer.advance(to: at(7201)).action == .publish(due: at(7200), attempt: 1))
    }

    @Test("Told to skip, it begins with the next time")
    func skip() {
        var state = ScheduleState(hourly, .skip)
        #expect(state.advance(to: at(1)).action == .wait(until: at(3600)))
        #expect(state.advance(to: at(3600.2)).action == .publish(due: at(3600), attempt: 1))
    }

    @Test("A failure is tried again until the next time is due, which then counts")
    func failures() {
        var state = ScheduleState(hourly, .skip)
        _ = state.advance(to: at(1))
        #expect(state.advance(to: at(3600)).action == .publish(due: at(3600), attempt: 1))
        state.failed(at: at(3601), retryAfter: .seconds(9))
        #expect(state.advance(to: at(3605)).action == .wait(until: at(3610)))
        #expect(state.advance(to: at(3610)).action == .publish(due: at(3600), attempt: 2))
        state.failed(at: at(3611), retryAfter: .seconds(10_000))
        #expect(state.advance(to: at(3612)).action == .wait(until: at(7200)))
        let (action, losses) = state.advance(to: at(7200))
        #expect(action == .publish(due: at(7200), attempt: 1))
        #expect(losses == [.gaveUp(due: at(3600))])
        state.published()
        #expect(state.advance(to: at(7201)).action == .wait(until: at(10_800)))
    }

    @Test("Held up over several times, it publishes the last and tells of the others")
    func heldUp() {
        var state = ScheduleState(hourly, .skip)
        _ = state.advance(to: at(1))
        var (action, losses) = state.advance(to: at(3 * 3600 + 30))
        #expect(action == .publish(due: at(3 * 3600), attempt: 1))
        #expect(losses == [.missed(due: at(3600))])
        state.published()
        (action, losses) = state.advance(to: at(5 * 3600 + 61))
        #expect(action == .wait(until: at(6 * 3600)))
        #expect(losses == [.missed(due: at(4 * 3600))])
    }

    @Test("On a clock that goes back nothing is due twice, on one that jumps nothing but the last")
    func steps() {
        var state = ScheduleState(hourly, .latest)
        #expect(state.advance(to: at(0)).action == .publish(due: at(0), attempt: 1))
        state.published()
        #expect(state.advance(to: at(-3600)).action == .wait(until: at(3600)))
        #expect(state.advance(to: at(0)).action == .wait(until: at(3600)))
        #expect(state.advance(to: at(3600)).action == .publish(due: at(3600), attempt: 1))
    }

    @Test("It costs no more after a long time")
    func longAgo() throws {
        var state = ScheduleState(.every(.seconds(1)), .latest(within: .seconds(86_400 * 3650)))
        #expect(state.advance(to: at(0.5)).action == .publish(due: at(0), attempt: 1))
        state.published()
        #expect(state.advance(to: at(1e9)).action == .publish(due: at(1e9), attempt: 1))
    }
}
