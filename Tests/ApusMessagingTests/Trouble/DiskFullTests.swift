// SPDX-License-Identifier: Apache-2.0
import ApusMessaging
import ApusSQL
import ApusSQLite
import ApusTesting
import Foundation
import TestSupport
import Testing

@Suite("A queue on a full disk", .timeLimit(.minutes(1)))
struct DiskFullTests {
    struct Parcel: Codable, Sendable {
        var number: Int
        var content: String
    }

    static let parcel = MessageType<Parcel>("parcel")

    @Test(
        "publishing is refused with what the disk says, what was acknowledged is handled when there is room, and no more",
        .enabled(if: geteuid() == 0))
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        let disk = try SmallDisk(at: folder.path + "/disk", megabytes: 2)
        let (queue, database) = try await FileQueue.open("sqlite:\(disk.path)/queue.db")
        let handled = Journal<Int>()
        try queue.subscribe(Self.parcel) { parcel, _ in handled.append(parcel.number) }

        let content = String(repeating: "x", count: 5_000)
        let acknowledged = Journal<Int>()
        let refusals = Journal<MessagingError>()
        await withTaskGroup(of: Void.self) { group in
            for lane in 0..<8 {
                group.addTask {
                    for number in 0..<100 {
                        do throws(MessagingError) {
                            let parcel = Parcel(number: lane * 100 + number, content: content)
                            try await queue.publish(parcel, as: Self.parcel)
                            acknowledged.append(parcel.number)
                        } catch {
                            refusals.append(error)
                        }
                    }
                }
            }
        }
        #expect(!acknowledged.entries.isEmpty)
        #expect(!refusals.entries.isEmpty)
        #expect(
            refusals.entries.allSatisfy { $0.code == .storage && $0.cause?.code == .diskFull },
            "\(refusals.entries.first?.description ?? "none")")

        let worker = try QueueWorker(queue: queue, configuration: .init(lease: .seconds(1)))
        let running = Task { try await worker.run() }
        try disk.resize(megabytes: 20)
        try await eventually("what was acknowledged is handled") {
            Set(handled.entries) == Set(acknowledged.entries)
        }
        try await queue.publish(Parcel(number: 1_000, content: content), as: Self.parcel)
        try await eventually("and what comes then") { handled.entries.contains(1_000) }
        running.cancel()
        try await running.value
        #expect(Set(handled.entries) == Set(acknowledged.entries + [1_000]))
        #expect(try await queue.statistics()[.local]?.dead ?? 0 == 0)
        await database.close()
    }
}
