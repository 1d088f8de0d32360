// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import Foundation
import Testing

@testable import ApusNATS

@Suite("The messages that a process has in hand")
struct LeaseTableTests {
    private static let start = Instant(nanoseconds: 1_000_000_000_000)

    private func pulled(_ sequence: Int, deliveries: Int = 1, stored: Int = 7) throws -> PulledMessage {
        try #require(
            PulledMessage(
                NATSMessage(subject: "s", reply: "$JS.ACK.q.c.\(deliveries).\(sequence).1.\(stored).0")))
    }

    private func delivery(of message: PulledMessage) -> Delivery {
        Delivery(
            message: Message(id: "", type: "", source: "", created: Date(timeIntervalSince1970: 0), data: []),
            channel: .local, attempt: 1, token: Int64(message.deliveries), position: message.position)
    }

    private func table(_ messages: PulledMessage...) -> LeaseTable {
        var table = LeaseTable()
        for message in messages {
            table.insert(.init(message: message, ends: LeaseTable.end(.seconds(5), from: Self.start)))
        }
        return table
    }

    @Test("a lease ends a tenth early, at most a second", arguments: [(1, 900), (10, 9_000), (60, 59_000)])
    func ends(lease: Int, ends: Int) {
        #expect(
            LeaseTable.end(.seconds(lease), from: Self.start) == Self.start.advanced(by: .milliseconds(ends)))
    }

    @Test("is held until then, and not by an older or another delivery")
    func held() throws {
        let message = try pulled(1, deliveries: 2)
        var table = table(message)
        #expect(table.held(delivery(of: try pulled(1, deliveries: 1)), now: Self.start) == nil)
        #expect(table.held(delivery(of: try pulled(1, deliveries: 2, stored: 8)), now: Self.start) == nil)
        #expect(table.held(delivery(of: try pulled(2, deliveries: 2)), now: Self.start) == nil)
        #expect(table.held(delivery(of: message), now: Self.start.advanced(by: .milliseconds(4_499))) != nil)
        #expect(table.held(delivery(of: message), now: Self.start.advanced(by: .milliseconds(4_500))) == nil)
        #expect(table.held(delivery(of: message), now: Self.start) == nil, "ended for good")
    }

    @Test("is taken once, and put back unless the message came again")
    func taken() throws {
        let message = try pulled(1)
        var table = table(message)
        let taken = table.take(delivery(of: message), now: Self.start)
        let lease = try #require(taken)
        #expect(table.take(delivery(of: message), now: Self.start) == nil)
        table.restore(lease)
        #expect(table.take(delivery(of: message), now: Self.start) != nil)
        let again = try pulled(1, deliveries: 2)
        table.insert(.init(message: again, ends: lease.ends))
        table.restore(lease)
        #expect(table.take(delivery(of: message), now: Self.start) == nil)
        #expect(table.take(delivery(of: again), now: Self.start) != nil)
    }

    @Test("is extended by who has it only, and forgotten when it has ended")
    func extended() throws {
        let message = try pulled(1)
        var table = table(message, try pulled(2))
        let later = Self.start.advanced(by: .seconds(8))
        table.extend(delivery(of: message), to: later.advanced(by: .seconds(1)))
        table.extend(delivery(of: try pulled(2, deliveries: 9)), to: later.advanced(by: .seconds(1)))
        table.removeEnded(now: later)
        #expect(table.count { _ in true } == 1)
        #expect(table.held(delivery(of: message), now: later) != nil)
    }
}
