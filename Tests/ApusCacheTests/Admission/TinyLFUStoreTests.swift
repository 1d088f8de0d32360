// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusCache

@Suite("W-TinyLFU")
struct TinyLFUStoreTests {
    private let start = Instant(nanoseconds: 0)

    private func store(_ keys: some Sequence<Int>, capacity: Int) -> TinyLFUStore<Int, Int> {
        var store = TinyLFUStore<Int, Int>(capacity: capacity)
        for key in keys { store.set(HashedKey(key), key, times: .forever, now: start) }
        return store
    }

    @Test("What was asked for stays when what was not comes through")
    func admission() {
        var store = store(0..<50, capacity: 100)
        for key in 0..<50 {
            for _ in 0..<3 { _ = store.lookUp(HashedKey(key), now: start) }
        }
        for key in 1_000..<1_500 { store.set(HashedKey(key), key, times: .forever, now: start) }
        #expect((0..<50).allSatisfy { store.peek(HashedKey($0)) != nil })
        #expect(store.count == 100)
        // A few are counted too high by collisions and win against one that was asked for no more often.
        #expect(store.losses.rejected > 400)
    }

    @Test("What is asked for more often than the oldest takes its place")
    func newcomer() {
        var store = store(0..<100, capacity: 100)
        for _ in 0..<5 {
            store.set(HashedKey(500), 500, times: .forever, now: start)
            // Others push it out of the window, where it must win.
            for key in 600..<602 { store.set(HashedKey(key), key, times: .forever, now: start) }
        }
        #expect(store.peek(HashedKey(500)) != nil)
    }

    @Test("Expired entries go before any other, and are found without being asked for")
    func expired() {
        var store = TinyLFUStore<Int, Int>(capacity: 100)
        let times = EntryTimes(
            expires: Instant(nanoseconds: 10), keptUntil: Instant(nanoseconds: 10),
            nextLoad: Instant(nanoseconds: 10))
        for key in 0..<50 { store.set(HashedKey(key), key, times: times, now: start) }
        for key in 0..<50 {
            for _ in 0..<8 { _ = store.lookUp(HashedKey(key), now: start) }
        }
        for key in 100..<150 {
            store.set(HashedKey(key), key, times: .forever, now: Instant(nanoseconds: 20))
        }
        #expect(store.losses.expired == 50)
        #expect((100..<150).allSatisfy { store.peek(HashedKey($0)) != nil })
    }

    @Test("Lists, weights and tags agree through any sequence of operations", arguments: [1, 2, 30, 200])
    func soundness(capacity: Int) {
        let seed = UInt64.random(in: 0 ... .max)
        var random = FastRandom(seed: seed)
        var store = TinyLFUStore<Int, Int>(capacity: capacity)
        for step in 0..<6_000 {
            let now = Instant(nanoseconds: Int64(step))
            let key = HashedKey(Int.random(in: 0..<capacity * 2, using: &random))
            switch Int.random(in: 0..<20, using: &random) {
            case 0: store.remove(key)
            case 1: _ = store.removeAll(tagged: "\(Int.random(in: 0..<10, using: &random))")
            case 2..<9: _ = store.lookUp(key, now: now)
            case 9 where step % 500 == 0: store.removeAll()
            default:
                let end = Instant(nanoseconds: Int64(step) + Int64.random(in: 1..<500, using: &random))
                store.set(
                    key, step, weight: Int.random(in: 0...5, using: &random),
                    times: EntryTimes(expires: end, keptUntil: end, nextLoad: end),
                    tags: step % 3 == 0 ? ["\(step % 10)"] : [], now: now)
            }
            if step % 7 == 0 { #expect(fault(store) == nil, "seed \(seed), step \(step)") }
        }
    }

    /// What doesn't agree, if anything.
    private func fault(_ store: TinyLFUStore<Int, Int>) -> String? {
        var seen: Set<Int> = []
        var weights: [Int] = []
        for end in 0..<3 {
            var weight = 0
            var position = store.entries[end].newer
            while position != end {
                guard seen.insert(position).inserted else { return "a loop" }
                guard let key = store.keys[position], store.positions[key] == position else { return "a lost key" }
                guard store.entries[position].segment.rawValue == end else { return "a wrong list" }
                guard store.entries[store.entries[position].newer].older == position else { return "a broken link" }
                weight += store.entries[position].weight
                position = store.entries[position].newer
            }
            weights.append(weight)
        }
        guard seen.count == store.count else { return "entries in no list" }
        guard weights[0] == store.windowWeight, weights[2] == store.protectedWeight else { return "wrong weights" }
        guard weights.reduce(0, +) == store.weight, store.weight <= store.capacity else { return "too heavy" }
        let tagged = Set(store.tags.tagged.values.joined())
        guard tagged == Set(store.tags.tags.keys), tagged.isSubset(of: seen) else { return "wrong tags" }
        return nil
    }
}
