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
        var seen: [[CacheMessage.Subject]] = []
        while !pending.next().isEmpty {
            seen.append(pending.next().map(\.subject))
            pending.settle(pending.next())
        }
        #expect(seen == [[.key("a"), .key("b")], [.tag("t")], [.key("c")]])
        #expect(pending.count == 0)
    }

    @Test("stay if they fail once more while they are made up for")
    func again() {
        var pending = PendingRemovals(limit: 10)
        pending.add(.key("a"))
        let under = pending.next()
        pending.add(.key("a"))
        pending.settle(under)
        #expect(pending.next().map(\.subject) == [.key("a")])
    }

    @Test("become the removal of everything when there are too many")
    func overflow() {
        var pending = PendingRemovals(limit: 3)
        for key in 0..<5 { pending.add(.key("\(key)")) }
        #expect(pending.next().map(\.subject) == [.all])
        pending.add(.key("x"))
        #expect(pending.count == 1)
        pending.settle(pending.next())
        #expect(pending.count == 0)
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
