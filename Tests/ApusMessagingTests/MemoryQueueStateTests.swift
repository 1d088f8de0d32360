// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import ApusMessaging

@Suite("A channel in memory")
struct MemoryQueueStateTests {
    @Test("A unique job that is redriven doesn't free the key of the one that came after it")
    func redrivenUniqueJob() {
        var state = MemoryQueueState()
        #expect(append("old", &state) == .stored)
        #expect(settle(.dead(.rejected, error: "no"), &state))
        #expect(append("new", &state) == .stored)
        let dead = state.dead
        #expect(state.redrive(dead, now: 0) == 1)
        #expect(settle(.done, &state))
        #expect(append("third", &state) == .duplicate)
        #expect(settle(.done, &state))
        #expect(append("fourth", &state) == .stored)
    }

    private func append(_ id: String, _ state: inout MemoryQueueState) -> PublishResult {
        let message = Message(id: id, type: "job", source: "/test", created: .distantPast, data: [])
        return state.append(QueueEntry(channel: .local, message: message, document: [], uniqueKey: "key"), now: 0)
    }

    /// Settles the first that waits.
    private func settle(_ settlement: Settlement, _ state: inout MemoryQueueState) -> Bool {
        guard let (position, row) = state.claim(1, leaseEnds: 10, now: 0).first else { return false }
        return state.settle(position, token: row.claims, settlement, now: 0)
    }
}
