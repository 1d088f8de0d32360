// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Foundation
import Testing

@testable import ApusTelemetry

@Suite("The time in a line")
struct TimestampTests {
    @Test(
        "Leap days, ends of years and times before 1970 are right",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (1_767_225_599_001, "2025-12-31T23:59:59.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (1_795_376_984_123, "2026-11-22T19:49:44.123Z"),
        ] as [(Int64, String)])
    func known(milliseconds: Int64, text: String) {
        #expect(rendered(WallTime(nanoseconds: milliseconds * 1_000_000)) == text)
    }

    @Test("Every time agrees with Foundation's calendar")
    func agreesWithFoundation() {
        var random = FastRandom(seed: 7)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: false, timeZone: .gmt)
        for _ in 0..<2000 {
            let second = Int64.random(in: -2_000_000_000...9_000_000_000, using: &random)
            let expected = Date(timeIntervalSince1970: TimeInterval(second)).formatted(style)
            #expect(rendered(WallTime(nanoseconds: second * 1_000_000_000)) == expected.dropLast() + ".000Z")
        }
    }

    private func rendered(_ time: WallTime) -> String {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { storage in
            var line = LineBuffer(borrowing: storage)
            line.append(rfc3339: time)
            return line.withBytes { String(decoding: $0, as: UTF8.self) }
        }
    }
}
