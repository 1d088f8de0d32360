// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusSQLite

@Suite("A line of those who wait")
struct WaitingLineTests {
    @Test("It does what a plain list does, whoever leaves from wherever")
    func model() {
        for seed in 0..<5 as Range<UInt64> {
            var random = FastRandom(seed: seed)
            var line = WaitingLine<UInt64>()
            var list: [(id: UInt64, end: Int64)] = []
            var lastID: UInt64 = 0
            var isSame = true
            for _ in 0..<10_000 where isSame {
                switch Int.random(in: 0..<8, using: &random) {
                case 0...3:
                    lastID += 1
                    let end = Int64.random(in: 0..<1_000_000, using: &random)
                    line.append(lastID, as: lastID, until: Instant(nanoseconds: end))
                    list.append((lastID, end))
                case 4:
                    isSame = line.popFirst() == (list.isEmpty ? nil : list.removeFirst().id)
                case 5...6:
                    // Sometimes one that isn't there.
                    let id = list.randomElement(using: &random)?.id ?? lastID + 1
                    let gone = UInt64.random(in: 0...lastID, using: &random)
                    let isThere = list.contains { $0.id == gone }
                    isSame = line.remove(id) == (list.isEmpty ? nil : id)
                    list.removeAll { $0.id == id }
                    if !isThere { isSame = isSame && line.remove(gone) == nil }
                default:
                    let now = Int64.random(in: 0..<20_000, using: &random)
                    isSame = line.removeEnded(at: Instant(nanoseconds: now)) == list.filter { $0.end <= now }.map(\.id)
                    list.removeAll { $0.end <= now }
                }
                let earliest = list.map(\.end).min().map { Instant(nanoseconds: $0) } ?? .distantFuture
                isSame =
                    isSame && line.count == list.count && line.first == list.first?.id
                    && line.firstID == list.first?.id && line.earliestEnd <= earliest
            }
            #expect(isSame, "seed \(seed)")
        }
    }
}
