// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusCache

@Suite("The frequency sketch")
struct FrequencySketchTests {
    @Test("counts up to 15, never too little")
    func counting() {
        var sketch = FrequencySketch(entries: 512)
        var random = FastRandom(seed: 4)
        let hashes = (0..<200).map { _ in Int(truncatingIfNeeded: random.next()) }
        for (index, hash) in hashes.enumerated() {
            for _ in 0..<(index % 20) { sketch.increment(hash) }
        }
        for (index, hash) in hashes.enumerated() { #expect(sketch.frequency(hash) >= min(15, index % 20)) }
        let exact = hashes.indices.count { sketch.frequency(hashes[$0]) == min(15, $0 % 20) }
        #expect(exact > 190)
    }

    @Test("halves its counters after ten times as many requests as entries")
    func aging() {
        var sketch = FrequencySketch(entries: 64)
        for _ in 0..<10 { sketch.increment(1) }
        #expect(sketch.frequency(1) == 10)
        for other in 0..<630 { sketch.increment(other * 7_919 + 2) }
        #expect((5...8).contains(sketch.frequency(1)))
    }

    @Test("keeps what it knows when it grows")
    func growth() {
        var sketch = FrequencySketch(entries: 64)
        for hash in 0..<50 {
            for _ in 0..<(hash % 8) { sketch.increment(hash) }
        }
        let before = (0..<50).map { sketch.frequency($0) }
        sketch.grow(to: 1_000)
        #expect((0..<50).map { sketch.frequency($0) } == before)
        #expect(sketch.entries == 1_024)
    }
}
