// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import Foundation
import Testing

@Suite("Cron expressions agree with a model that looks at every minute")
struct CronDifferentialTests {
    /// Zones whose clocks change by an hour, by half an hour, at midnight, at a minute past, by a whole day, not at all. One
    /// after the other, since each keeps a thread busy.
    @Test(
        "of two years in", .serialized,
        arguments: [
            ("UTC", 2027), ("Europe/Berlin", 2025), ("America/New_York", 2025), ("Australia/Lord_Howe", 2025),
            ("America/Havana", 2025), ("Africa/Casablanca", 2025), ("America/Sao_Paulo", 2017),
            ("Pacific/Apia", 2011), ("America/St_Johns", 2010), ("Asia/Kathmandu", 1985),
        ])
    func model(zone: String, year: Int) async throws {
        let timeZone = try #require(TimeZone(identifier: zone))
        let table = WallTable(timeZone, years: year...year + 1)
        #expect(table.changes.isEmpty == (zone == "UTC"))
        var random = FastRandom(seed: UInt64(year))
        var compared = 0
        while compared < 6 {
            // Others have their turn: this keeps a thread busy for a while.
            await Task.yield()
            let model = CronModel(using: &random)
            guard let expression = try? CronExpression(model.text, zone: zone) else {
                // Never due.
                #expect(model.due(on: table).isEmpty, "\(model.text)")
                continue
            }
            compared += 1
            let due = model.due(on: table)
            // Those that are due often are compared where it matters.
            let windows =
                due.count < 3000
                ? [table.walls.lowerBound + 1500..<table.walls.upperBound - 1500]
                : ([table.walls.lowerBound + 9000] + table.changes).map { $0 - 2000..<$0 + 2000 }
            for window in windows {
                let expected = due.filter(window.contains)
                let difference = Set(Self.due(expression, in: window)).symmetricDifference(expected)
                #expect(difference.isEmpty, "\(model.text) in \(zone)")
            }
        }
    }

    private static func due(_ expression: CronExpression, in window: Range<Int>) -> [Int] {
        var found: [Int] = []
        // The minute before the window's first.
        var date = Date(timeIntervalSince1970: Double(window.lowerBound) * 60 - 1)
        while let next = expression.next(after: date), next.timeIntervalSince1970 < Double(window.upperBound) * 60 {
            found.append(Int(next.timeIntervalSince1970) / 60)
            date = next
        }
        return found
    }
}
