// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusCore
import Testing

@Suite("A slow start")
struct SlowStartTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func factor(_ seconds: Double, _ aggression: Double = 1) -> Double {
        var configuration = SlowStartConfiguration()
        configuration.aggression = aggression
        let now = start.advanced(by: .milliseconds(Int(seconds * 1_000)))
        return configuration.factor(startedAt: start, now: now)
    }

    @Test("rises evenly from a tenth to the whole")
    func linear() {
        #expect(factor(0) == 0.1)
        #expect(factor(3) == 0.1)
        #expect(abs(factor(6) - 0.2) < 1e-9)
        #expect(abs(factor(15) - 0.5) < 1e-9)
        #expect(abs(factor(29.97) - 0.999) < 1e-9)
        #expect(factor(30) == 1)
        #expect(factor(1_000) == 1)
    }

    @Test("rises faster at first with more aggression, slower with less")
    func aggression() {
        #expect(abs(factor(7.5, 2) - 0.5) < 1e-9)
        #expect(abs(factor(15, 0.5) - 0.25) < 1e-9)
        #expect(factor(3, 0.5) == 0.1)
    }

    @Test("takes a clock that went back for the beginning")
    func backwards() {
        #expect(factor(-100) == 0.1)
    }
}
