// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusTesting
import Logging
import Testing

@testable import ApusMessaging

@Suite("A worker over a slow store")
struct SlowStoreTests {
    private let clock = ManualClock()
    private let store: StalledStore
    private let queue: MessageQueue

    init() async throws {
        store = try StalledStore(clock: clock)
        queue = MessageQueue(store: store)
    }

    @Test("What is finished isn't given back while the store takes its time to hear of it")
    func drain() async throws {
        let handled = Tally()
        try queue.subscribe(MessageType<Int>("number")) { _, _ in handled.increment() }
        let worker = try worker()
        store.stall()
        let running = Task { try await worker.run() }
        try await queue.publish(1, as: MessageType<Int>("number"))
        try await eventually("a settlement under way") { store.waiting == 1 }
        try await clock.end(running, advancing: .milliseconds(500))
        #expect(store.settlements == [.done])
        store.proceed()
        try await eventually("the settlement") { try await queue.statistics().isEmpty }
        #expect(handled.value == 1)
    }

    @Test("It ends though the store answers neither a claim nor maintenance, soon after the drain timeout")
    func end() async throws {
        let worker = try worker()
        store.stallClaims()
        store.stallMaintenance()
        let began = store.clock.now
        let running = Task { try await worker.run() }
        try await eventually("a claim and maintenance under way") { store.waiting == 2 }
        try await clock.end(running, advancing: .milliseconds(500))
        // Two seconds of draining, and three more for what the store takes; the clock runs on until this is seen.
        #expect(began.duration(to: store.clock.now) < .seconds(60))
        store.proceed()
    }

    @Test("Maintenance that takes longer than a lease costs nobody the lease")
    func maintenance() async throws {
        let attempts = Journal<Int>()
        let gate = Gate()
        try queue.subscribe(MessageType<Int>("number")) { _, delivery in
            attempts.append(delivery.attempt)
            await gate.wait()
        }
        let worker = try worker()
        store.stallMaintenance()
        try await queue.publish(1, as: MessageType<Int>("number"))
        let running = Task { try await worker.run() }
        await gate.reached()
        try await eventually("maintenance under way") { store.waiting == 1 }
        for _ in 0..<12 {
            try await eventually("a beating heart") { clock.sleeperCount >= 2 }
            clock.advance(by: .seconds(10))
            try await eventually("an extended lease") { try await store.nextDue(in: .local) ?? .zero > .seconds(25) }
        }
        #expect(attempts.entries == [1])
        #expect(store.waiting == 1)
        gate.open()
        try await eventually("the end of the message") { try await queue.statistics().isEmpty }
        store.proceed()
        running.cancel()
        try await running.value
    }

    private func worker() throws -> QueueWorker {
        try QueueWorker(
            queue: queue,
            configuration: .init(lease: .seconds(30), handlerTimeout: .seconds(3_600), drainTimeout: .seconds(2)),
            logger: Logger(label: "silence") { _ in SwiftLogNoOpLogHandler() })
    }
}
