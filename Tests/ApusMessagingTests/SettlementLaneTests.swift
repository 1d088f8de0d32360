// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import ApusTesting
import Testing

@testable import ApusMessaging

@Suite("What handlers finish together is settled together")
struct SettlementLaneTests {
    private let store: StalledStore
    private let lane: SettlementLane
    private let deliveries: [Delivery]

    init() async throws {
        store = try StalledStore(clock: ManualClock())
        lane = SettlementLane(store: store)
        let queue = MessageQueue(store: store)
        for number in 0..<5 { try await queue.publish(number, as: MessageType<Int>("number")) }
        deliveries = try await store.claim(5, from: .local, lease: .seconds(30))
    }

    @Test("One that the database doesn't take keeps none of the others in hand")
    func oneBad() async throws {
        store.stall()
        let first = Task { [lane, deliveries] in try await lane.settle(deliveries[0], .done) }
        try await eventually("a settlement under way") { store.waiting == 1 }
        let others = deliveries.dropFirst().enumerated().map { index, delivery in
            Task { [lane] in
                try await lane.settle(delivery, index == 2 ? .dead(.rejected, error: "\0") : .done)
            }
        }
        try await eventually("the others behind it") { lane.waiting == 4 }
        store.proceed()
        #expect(try await first.value)
        for (index, other) in others.enumerated() {
            switch (index, await other.result) {
            case (2, .failure(let error as MessagingError)): #expect(error.cause?.code == .invalidValue)
            case (_, .success(let isHeld)): #expect(isHeld && index != 2)
            case (_, .failure(let error)): Issue.record("\(index): \(error)")
            }
        }
    }
}
