// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusCache

@Suite("Removals that did not reach the second level")
struct PendingRemovalsTests {
    @Test("come in their order, keys together, each once")
    func order() {
        var pending = PendingRemovals(limit: 10)
        for key in ["a", "b", "a"] { pending.add(.key(key)) }
        pending.add(.tag("t"))
        pending.add(.key("c"))
        let batches = pending.batches()
        #expect(batches.map { $0.map(\.subject) } == [[.key("a"), .key("b")], [.tag("t")], [.key("c")]])
        for batch in batches { pending.settle(batch) }
        #expect(pending.count == 0)
    }

    @Test("stay if they fail once more while they are made up for")
    func again() {
        var pending = PendingRemovals(limit: 10)
        pending.add(.key("a"))
        let under = pending.batches()[0]
        pending.add(.key("a"))
        pending.settle(under)
        #expect(pending.batches().map { $0.map(\.subject) } == [[.key("a")]])
    }

    @Test("become the removal of everything when there are too many")
    func overflow() {
        var pending = PendingRemovals(limit: 3)
        for key in 0..<5 { pending.add(.key("\(key)")) }
        #expect(pending.batches().map { $0.map(\.subject) } == [[.all]])
        pending.add(.key("x"))
        #expect(pending.count == 1)
        #expect(pending.concern("anything", []) && pending.concern([]))
        pending.settle(pending.batches()[0])
        #expect(pending.count == 0)
        #expect(!pending.concern("anything", []))
    }

    @Test("concern the key, what has the tag, and nothing else")
    func concern() {
        var pending = PendingRemovals(limit: 10)
        pending.add(.key("a"))
        pending.add(.tag("t"))
        #expect(pending.concern("a", []) && pending.concern("b", ["s", "t"]) && pending.concern(["t"]))
        #expect(!pending.concern("t", ["a"]) && !pending.concern(["s"]))
    }

    @Test("come in batches of a hundred keys")
    func batches() {
        var pending = PendingRemovals(limit: 1_000)
        for key in 0..<250 { pending.add(.key("\(key)")) }
        #expect(pending.batches().map(\.count) == [100, 100, 50])
    }

    @Test("Messages survive being written as text, and nothing else is one")
    func messages() {
        for subject: CacheMessage.Subject in [.key("user:1 ü\n x"), .tag(""), .all] {
            let message = CacheMessage(origin: "o", subject: subject)
            #expect(CacheMessage(text: message.text) == message)
        }
        for text in ["", "1", "2 o key a", "1 o what a", "1 o key"] { #expect(CacheMessage(text: text) == nil) }
    }
}
