// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusCache

@Suite("SIEVE")
struct SieveStoreTests {
    private func store(_ keys: [Int], capacity: Int) -> SieveStore<Int, Int> {
        var store = SieveStore<Int, Int>(capacity: capacity)
        for key in keys { _ = store.set(HashedKey(key), key, expires: .distantFuture, now: Instant(nanoseconds: 0)) }
        return store
    }

    private func keys(_ store: SieveStore<Int, Int>) -> [Int] {
        store.positions.keys.map(\.key).sorted()
    }

    @Test("The oldest entry that wasn't used goes first")
    func order() {
        var store = store([1, 2, 3], capacity: 3)
        _ = store.lookUp(HashedKey(1), now: Instant(nanoseconds: 0))
        let isFull = store.set(HashedKey(4), 4, expires: .distantFuture, now: Instant(nanoseconds: 0))
        #expect(isFull)
        #expect(keys(store) == [1, 3, 4])
        // The hand stands at 3 now; 1 lost its mark when the hand passed.
        _ = store.set(HashedKey(5), 5, expires: .distantFuture, now: Instant(nanoseconds: 0))
        #expect(keys(store) == [1, 4, 5])
    }

    @Test("An expired entry goes before one that wasn't used, though it was used itself")
    func expired() {
        var store = store([2, 3], capacity: 3)
        _ = store.set(HashedKey(1), 1, expires: Instant(nanoseconds: 10), now: Instant(nanoseconds: 0))
        for key in [1, 2, 3] { _ = store.lookUp(HashedKey(key), now: Instant(nanoseconds: 0)) }
        _ = store.set(HashedKey(4), 4, expires: .distantFuture, now: Instant(nanoseconds: 20))
        #expect(keys(store) == [2, 3, 4])
    }

    @Test("Its links hold through any sequence of operations")
    func links() {
        var random = FastRandom(seed: 3)
        var store = SieveStore<Int, Int>(capacity: 8)
        for step in 0..<20_000 {
            let key = HashedKey(Int.random(in: 0..<20, using: &random))
            switch Int.random(in: 0..<10, using: &random) {
            case 0: store.remove(key)
            case 1..<5: _ = store.lookUp(key, now: Instant(nanoseconds: Int64(step)))
            default:
                let expires = Instant(nanoseconds: Int64(step) + Int64.random(in: 1..<50, using: &random))
                _ = store.set(key, step, expires: expires, now: Instant(nanoseconds: Int64(step)))
            }
            #expect(isSound(store))
        }
    }

    private func isSound(_ store: SieveStore<Int, Int>) -> Bool {
        var seen = 0
        var position = store.oldest
        var before = -1
        while position >= 0, let key = store.keys[position] {
            guard store.older[position] == before, store.positions[key] == position, seen <= 8 else { return false }
            seen += 1
            before = position
            position = store.newer[position]
        }
        let handIsSound = store.hand < 0 || store.keys[store.hand] != nil
        return seen == store.count && store.newest == before && handIsSound && seen <= 8
    }
}
