// SPDX-License-Identifier: Apache-2.0
import ApusTesting
import Foundation
import Testing

/// `kill -9` at each point between the request for an order and its last effect.
@Suite("The shop is killed at each point of an order", .serialized)
struct KillPointTests {
    /// Whether every call is a point, and after it too (`scripts/kills`).
    private static let visitsAll = ProcessInfo.processInfo.environment["APUS_TEST_KILL_POINTS"] == "all"
    /// Each in a shop of its own, all at the same time: most of it is waiting for leases to end.
    private static let victims = [["orders"], ["products", "users", KillableShop.gateway]]

    @Test(
        "on every backend: one order, one movement of the stock, one confirmation, one message handled",
        .timeLimit(.minutes(30)))
    func eachPoint() async throws {
        try await withThrowingTaskGroup(of: (String, KillRun.Report).self) { group in
            for backend in DurableBackend.all {
                for victims in Self.victims {
                    group.addTask { (backend.name, try await Self.run(backend, victims)) }
                }
            }
            var visited: [String: Int] = [:]
            for try await (backend, report) in group {
                visited[backend, default: 0] += report.visited
                for fault in report.faults { Issue.record("\(fault)") }
            }
            print("points visited: \(visited.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
            for backend in DurableBackend.all {
                #expect(visited[backend.name, default: 0] >= 20, "points on \(backend.name)")
            }
        }
    }

    @Sendable private static func say(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }

    private static func run(_ backend: DurableBackend, _ victims: [String]) async throws -> KillRun.Report {
        let folder = try TemporaryFolder()
        let found = Journal<KillRun.Report>()
        try await KillableShop.with(backend, in: folder) { shop in
            let run = KillRun(shop: shop, place: backend.name, progress: visitsAll ? Self.say : nil)
            for victim in victims {
                found.append(try await visitsAll ? run.visitAll(victim) : run.visitSome(victim))
            }
            let faults = try await shop.books.faultsOfMessages()
            found.append(KillRun.Report(faults: faults.map { "\(backend.name), \(victims): \($0)" }))
        }
        return found.entries.reduce(into: KillRun.Report()) { sum, report in
            sum.visited += report.visited
            sum.faults += report.faults
        }
    }
}
