// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation
import Synchronization
import Testing

/// What else goes wrong while orders are placed.
@Suite("Trouble under orders", .serialized)
struct TroubleUnderOrdersTests {
    @Test(
        "the server behind it crashes and comes back, three times: nothing is lost, nothing done twice",
        .timeLimit(.minutes(3)), arguments: DurableBackend.all.filter(\.hasServer))
    func restarts(_ backend: DurableBackend) async throws {
        let folder = try TemporaryFolder()
        try await KillableShop.with(backend, in: folder) { shop in
            let progress = LoadProgress()
            let entries = Journal<OrderBooks.Entry>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<6 {
                    group.addTask {
                        var number = 0
                        while !progress.isOver.load(ordering: .acquiring) {
                            number += 1
                            let product = try await shop.untilAnswered { try await shop.product() }
                            entries.append(try await shop.place("\(lane)-\(number)", product: product))
                            progress.placed.add(1, ordering: .relaxed)
                        }
                    }
                }
                group.addTask {
                    defer { progress.isOver.store(true, ordering: .releasing) }
                    for _ in 0..<3 {
                        try await progress.goOn(20)
                        try await shop.storage.restart()
                    }
                    try await progress.goOn(20)
                }
                try await group.waitForAll()
            }
            #expect(entries.entries.count >= 80)
            for entry in entries.entries {
                try await shop.books.settle(entry, entry.key)
                let faults = try await shop.books.faults(of: entry)
                #expect(faults.isEmpty, "\(entry.key): \(faults)")
            }
            #expect(try await shop.books.faultsOfMessages().isEmpty)
        }
    }

    @Test(
        "orders is killed at each point, and its clock is an hour ahead, right or an hour behind when it is back: all as ever",
        .timeLimit(.minutes(5)), arguments: DurableBackend.all)
    func clock(_ backend: DurableBackend) async throws {
        let hour: Int64 = 3_600
        let steps = [hour, 0, -hour, 0]
        let kills = Mutex(0)
        let folder = try TemporaryFolder()
        try await KillableShop.with(
            backend, in: folder,
            killed: { board in
                let number = kills.withLock { kills in
                    defer { kills += 1 }
                    return kills
                }
                board.stepClock(to: steps[number % steps.count])
            }
        ) { shop in
            var run = KillRun(shop: shop, place: "\(backend.name) with steps of the clock")
            // Where there are many, every other point: each is visited with a clock that is right.
            if backend.name != DurableBackend.all.first?.name { run.share = (0, of: 2) }
            let report = try await run.visitSome("orders")
            #expect(report.faults.isEmpty, "\(report.faults)")
            #expect(report.visited >= 10)
        }
    }
}
