// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@testable import ApusNATS

@Suite("The requests that wait for their answers")
struct PendingRequestsTests {
    private static let start = Instant(nanoseconds: 0)

    /// A table with one request, which `body` ends; gives how it ended.
    private func outcome(
        wanted: Int = 1, inbox: PendingRequests.Inbox? = nil,
        _ body: (inout PendingRequests) -> PendingRequests.Ended?
    ) async -> (outcome: PendingRequests.Outcome, isComplete: Bool, bytes: Int) {
        var table = PendingRequests()
        var isComplete = false
        let outcomes = await withUnsafeContinuation { continuation in
            let batch = RequestBatch(1, continuation)
            table.insert(
                1,
                PendingRequests.Entry(
                    receiver: .part(batch, index: 0), deadline: Self.start.advanced(by: .seconds(1)), bytes: 10,
                    wanted: wanted, inbox: inbox))
            let ended = body(&table)
            isComplete = ended?.isComplete ?? false
            (ended?.receiver ?? .part(batch, index: 0)).resume(ended?.outcome ?? .failure(.closed))
        }
        return (outcomes[0], isComplete, table.bytes)
    }

    private func message(_ text: String) -> NATSMessage {
        NATSMessage(subject: "s", reply: "r", data: Array(text.utf8))
    }

    private let status = NATSMessage(subject: "s", headers: [NATSHeader("Status", "404")])

    @Test("one answer ends a request, and gives back its bytes")
    func one() async {
        let ended = await outcome { $0.received(self.message("a"), for: 1).ended }
        #expect(ended.outcome == .success([message("a")]) && ended.isComplete && ended.bytes == 0)
    }

    @Test("several end it when all are there, or when the server says that no more come")
    func several() async {
        for last in [message("b"), status] {
            let ended = await outcome(wanted: 2) { table in
                let first = table.received(self.message("a"), for: 1)
                #expect(first.ended == nil && !first.isLate)
                return table.received(last, for: 1).ended
            }
            #expect(ended.outcome == .success([message("a"), last]) && ended.isComplete)
        }
    }

    @Test("the deadline ends it with what is there, or says whether it was sent")
    func deadline() async {
        let part = await outcome(wanted: 2) { table in
            _ = table.received(self.message("a"), for: 1)
            #expect(table.expire(now: Self.start).isEmpty)
            return table.expire(now: Self.start.advanced(by: .seconds(1))).first
        }
        #expect(part.outcome == .success([message("a")]) && !part.isComplete)
        for wasSent in [false, true] {
            let none = await outcome { table in
                if wasSent { _ = table.sent(1) }
                return table.expire(now: Self.start.advanced(by: .seconds(1))).first
            }
            #expect(none.outcome == .failure(.timeout(wasSent: wasSent)))
        }
    }

    @Test("a loss ends what was sent and what has an inbox; the rest waits for the next connection")
    func lost() async {
        let sent = await outcome { table in
            _ = table.sent(1)
            return table.lost().first
        }
        #expect(sent.outcome == .failure(.lost))
        let pull = await outcome(inbox: .init(id: 1, subject: "s")) { $0.lost().first }
        #expect(pull.outcome == .failure(.lost))
        let unsent = await outcome { table in
            #expect(table.lost().isEmpty)
            return table.endAll(unsentOnly: true, NATSError(.connectFailed, "no", mayHaveRun: false)).first
        }
        #expect(unsent.outcome == .failure(NATSError(.connectFailed, "no", mayHaveRun: false)))
    }

    @Test("what comes when nobody waits is late")
    func late() {
        var table = PendingRequests()
        let received = table.received(message("a"), for: 7)
        #expect(received.isLate && received.ended == nil)
    }
}
