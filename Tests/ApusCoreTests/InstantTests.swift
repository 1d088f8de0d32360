// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@Suite("An instant")
struct InstantTests {
    @Test("moves by a duration and back")
    func moves() {
        let start = Instant(nanoseconds: 5_000)
        let later = start.advanced(by: .microseconds(3))
        #expect(later.nanoseconds == 8_000)
        #expect(start.duration(to: later) == .microseconds(3))
        #expect(later.duration(to: start) == .microseconds(-3))
        #expect(start < later)
    }

    @Test("saturates at the distant future instead of overflowing")
    func saturatesAbove() {
        #expect(Instant.distantFuture.advanced(by: .seconds(1)) == .distantFuture)
        #expect(Instant(nanoseconds: 1).advanced(by: .seconds(Int64.max)) == .distantFuture)
    }

    @Test("saturates at the far past instead of overflowing")
    func saturatesBelow() {
        let past = Instant(nanoseconds: .min)
        #expect(past.advanced(by: .nanoseconds(-1)) == past)
        #expect(Instant(nanoseconds: -1).advanced(by: .seconds(Int64.min)) == past)
    }

    @Test("has a saturated distance to the other end of time")
    func saturatesDistance() {
        let past = Instant(nanoseconds: .min)
        #expect(past.duration(to: .distantFuture).nanoseconds == .max)
        #expect(Instant.distantFuture.duration(to: past).nanoseconds == .min)
    }

    @Test("of the machine never goes back")
    func isMonotonic() {
        var last = Instant.now
        for _ in 0..<1_000 {
            let next = Instant.now
            #expect(next >= last)
            last = next
        }
    }

    @Test("comes from the time source that is given")
    func timeSource() {
        #expect(TimeSource { Instant(nanoseconds: 42) }.now == Instant(nanoseconds: 42))
        #expect(TimeSource.system.now <= Instant.now)
    }
}

@Suite("A duration")
struct DurationTests {
    @Test(
        "counts its whole nanoseconds, saturating",
        arguments: [
            (Duration.zero, Int64(0)), (.nanoseconds(1), 1), (.milliseconds(-2), -2_000_000),
            (.seconds(3) + .nanoseconds(7), 3_000_000_007), (.seconds(-3) - .nanoseconds(7), -3_000_000_007),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
            (.seconds(9_223_372_036) + .nanoseconds(900_000_000), .max),
        ])
    func nanoseconds(_ duration: Duration, _ expected: Int64) {
        #expect(duration.nanoseconds == expected)
    }

    @Test(
        "as Retry-After is whole seconds, rounded up, at least one",
        arguments: [
            (Duration.zero, Int64(1)), (.nanoseconds(1), 1), (.milliseconds(-5), 1), (.seconds(1), 1),
            (.seconds(1) + .nanoseconds(1), 2), (.milliseconds(2_500), 3), (.seconds(60), 60),
        ])
    func retryAfter(_ duration: Duration, _ expected: Int64) {
        #expect(duration.retryAfterSeconds == expected)
    }

    @Test("as a number of seconds and milliseconds is a fraction")
    func fractions() {
        #expect(Duration.milliseconds(1_500).seconds == 1.5)
        #expect(Duration.microseconds(2_500).milliseconds == 2.5)
    }
}
