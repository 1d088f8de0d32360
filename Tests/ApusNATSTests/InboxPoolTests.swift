// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusNATS

@Suite("The inboxes of pulls")
struct InboxPoolTests {
    @Test("one pull of a consumer after the other has the same, others have others")
    func reused() {
        var pool = InboxPool()
        let first = pool.take(for: "a", request: 1)
        let other = pool.take(for: "b", request: 2)
        #expect(first.isNew && other.isNew && first.inbox != other.inbox)
        #expect(pool.request(of: first.inbox) == 1 && pool.request(of: other.inbox) == 2)
        let isDropped = pool.release(first.inbox, of: "a", isComplete: true)
        #expect(!isDropped && pool.request(of: first.inbox) == nil)
        let second = pool.take(for: "a", request: 3)
        #expect(!second.isNew && second.inbox == first.inbox && pool.request(of: first.inbox) == 3)
    }

    @Test("one whose pull didn't end is given up, and so is one too many")
    func dropped() {
        var pool = InboxPool()
        let first = pool.take(for: "a", request: 1)
        let isDropped = pool.release(first.inbox, of: "a", isComplete: false)
        #expect(isDropped)
        let inboxes = (2...10).map { pool.take(for: "a", request: $0).inbox }
        #expect(Set(inboxes).count == 9 && !inboxes.contains(first.inbox))
        let dropped = inboxes.filter { pool.release($0, of: "a", isComplete: true) }
        #expect(dropped.count == 9 - InboxPool.maximumIdle)
    }

    @Test("none survives its connection")
    func lost() {
        var pool = InboxPool()
        let first = pool.take(for: "a", request: 1)
        _ = pool.release(first.inbox, of: "a", isComplete: true)
        pool.lost()
        let second = pool.take(for: "a", request: 2)
        #expect(second.isNew && second.inbox != first.inbox)
    }
}
