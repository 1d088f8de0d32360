// SPDX-License-Identifier: Apache-2.0
import ApusSQL
import Foundation
import Testing

@testable import ApusMessaging

@Suite("What comes together is stored with one statement")
struct AppendLaneTests {
    private let database = GatedDatabase()
    private let queue: MessageQueue

    init() throws {
        queue = MessageQueue(store: try SQLQueueStore(database: database, configuration: .init(source: "/test")))
    }

    @Test("what is published while the database works goes along next, in few statements")
    func together() async throws {
        let results = await publish(["first", "first"] + Array(repeating: "later", count: 40), opening: 2)
        #expect(results.allSatisfy { $0 == nil })
        let sizes = database.rows
        #expect(sizes.prefix(2) == [1, 1])
        #expect(sizes.reduce(0, +) == 42)
        #expect(sizes.dropFirst(2).max() == 32, "\(sizes)")
        #expect(sizes.allSatisfy { [1, 2, 4, 8, 16, 32, 64].contains($0) }, "\(sizes)")
    }

    @Test("a message that the database doesn't take fails alone")
    func oneBad() async throws {
        let types = ["first", "first"] + Array(repeating: "good", count: 9) + [GatedDatabase.bad]
        let results = await publish(types, opening: 2)
        for (type, result) in zip(types, results) {
            #expect(result?.cause?.code == (type == GatedDatabase.bad ? .invalidValue : nil))
        }
    }

    @Test("an error that isn't about one of them is told to all of a statement")
    func allBad() async throws {
        let types = ["first", "first"] + Array(repeating: GatedDatabase.lost, count: 8)
        let results = await publish(types, opening: 2)
        #expect(results.dropFirst(2).allSatisfy { $0?.cause?.code == .connectionLost })
        #expect(database.rows == [1, 1, 8])
    }

    /// Publishes a message of each type. The gate opens when so many statements wait at it, one message each, and all others
    /// wait for these.
    private func publish(_ types: [String], opening: Int) async -> [MessagingError?] {
        var first: [Task<MessagingError?, Never>] = []
        for (index, type) in types.prefix(opening).enumerated() {
            first.append(Task { await publish(type) })
            await database.waitForStatements(index + 1)
        }
        let others = types.dropFirst(opening).map { type in Task { await publish(type) } }
        await waitUntil { lane.waiting == others.count }
        database.open()
        var results: [MessagingError?] = []
        for task in first + others { results.append(await task.value) }
        return results
    }

    private var lane: AppendLane {
        guard let store = queue.store as? SQLQueueStore else { preconditionFailure("made in init") }
        return store.lane
    }

    private func publish(_ type: String) async -> MessagingError? {
        do {
            try await queue.publish("", as: MessageType<String>(type))
            return nil
        } catch {
            return error
        }
    }

    private func waitUntil(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }
}
