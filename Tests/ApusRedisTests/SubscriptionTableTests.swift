// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusRedis

@Suite("Who is subscribed to what")
struct SubscriptionTableTests {
    private let news = SubscriptionTable.Target.channel("news")
    private let all = SubscriptionTable.Target.pattern("n*")

    @Test("the first asks the server, the second shares")
    func sharing() {
        var table = SubscriptionTable()
        let first = table.add(1, [news, all])
        #expect(Set(first.missing) == [news, all])
        table.asked(for: news)
        table.asked(for: all)
        let half = table.confirmed(news)
        let whole = table.confirmed(all)
        #expect(half == [] && whole == [.began(1)])
        let second = table.add(2, [news])
        #expect(second.missing == [] && second.isComplete)
        #expect(table.listeners(of: news) == [1, 2])
        let unwanted = [table.remove(1), table.remove(2)]
        #expect(unwanted == [[all], [news]])
        #expect(table.isEmpty)
    }

    @Test("a loss is told to those who heard something, and so is the end of it")
    func loss() {
        var table = SubscriptionTable()
        _ = table.add(1, [news])
        table.asked(for: news)
        _ = table.confirmed(news)
        _ = table.add(2, [all])
        let affected = table.lost()
        #expect(affected == [1])
        for target in table.targets { table.asked(for: target) }
        let (one, two) = (table.confirmed(news), table.confirmed(all))
        #expect(one == [.resumed(1)] && two == [.began(2)])
    }

    @Test("wanted again before the server has answered: the last answer counts")
    func again() {
        var table = SubscriptionTable()
        _ = table.add(1, [news])
        table.asked(for: news)
        _ = table.add(2, [all])
        _ = table.add(3, [news])
        table.asked(for: news)
        let first = table.confirmed(news)
        #expect(first == [])
        let second = table.confirmed(news)
        #expect(Set(second) == [.began(1), .began(3)])
    }
}
