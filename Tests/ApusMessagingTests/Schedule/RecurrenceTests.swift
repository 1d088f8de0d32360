// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation
import Testing

@testable import ApusMessaging

@Suite("What is due again and again")
struct RecurrenceTests {
    private func at(_ seconds: Double) -> Date { Date(timeIntervalSince1970: seconds) }

    @Test("by a duration is due at its multiples, whoever asks and whenever")
    func every() {
        let recurrence = Recurrence.every(.milliseconds(1500))
        #expect(recurrence.next(after: at(0)) == at(1.5))
        #expect(recurrence.next(after: at(1.499999)) == at(1.5))
        #expect(recurrence.next(after: at(1.5)) == at(3))
        #expect(recurrence.next(after: at(-0.1)) == at(0))
        #expect(recurrence.next(after: at(-1.5)) == at(0))
        #expect(recurrence.next(after: at(1_800_000_000)) == at(1_800_000_001.5))
        #expect(recurrence.next(after: at(1e300)) == nil)
    }

    @Test("has a last time in a span, which is that found one by one")
    func last() throws {
        var random = FastRandom(seed: 7)
        let recurrences: [Recurrence] = [
            .every(.seconds(60)), .every(.seconds(7)), .cron(try CronExpression("*/7 * * * *")),
            .cron(try CronExpression("0,1,2 3 * * *", zone: "Europe/Berlin")), .cron(try CronExpression("5 4 1 * *")),
        ]
        for recurrence in recurrences {
            for _ in 0..<50 {
                let early = at(1_792_000_000 + Double.random(in: 0...200_000, using: &random))
                let late = early.addingTimeInterval(Double.random(in: 0...7200, using: &random))
                var expected: Date?
                var date = early
                while let next = recurrence.next(after: date), next <= late {
                    expected = next
                    date = next
                }
                #expect(recurrence.last(after: early, notAfter: late) == expected)
            }
        }
    }

    @Test("is refused with every problem")
    func problems() throws {
        #expect(Recurrence.every(.milliseconds(500)).validate().map(\.key) == ["every"])
        #expect(Recurrence.every(.seconds(1) + .nanoseconds(1)).validate().map(\.key) == ["every"])
        #expect(Recurrence.every(.seconds(367 * 86_400)).validate().map(\.key) == ["every"])
        #expect(Recurrence.every(.seconds(1)).validate().isEmpty)
        #expect(Recurrence.cron(try CronExpression("@daily")).validate().isEmpty)
    }
}
