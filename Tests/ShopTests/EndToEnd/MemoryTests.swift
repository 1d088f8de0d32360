// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusTesting
import Foundation
import TestSupport
import Testing

/// What streams through a gateway and a service is not kept in either. `scripts/bench memory` sends 2 GiB each way; here
/// it is less, and each end is held up on the way.
@Suite("Memory while bytes stream through processes", .serialized)
struct MemoryTests {
    /// Each way. `APUS_TEST_MIB` says another number of mebibytes.
    private static let bytes =
        (ProcessInfo.processInfo.environment["APUS_TEST_MIB"].flatMap { Int($0) } ?? 256) << 20
    private static let limit = 16 << 20

    @Test("down and up, past a client and a service that stand still: less than 16 MiB", .timeLimit(.minutes(5)))
    func stream() async throws {
        let folder = try TemporaryFolder()
        let service = RunningProcess(program: "bench-service", ["bytes"], ["PORT": "0"], in: folder)
        let url = try await service.startAndBeReady()
        let file = folder.path + "/gateway.yaml"
        let text = """
            listeners: [{ address: 127.0.0.1:0 }]
            services: { bytes: { endpoints: ["\(url)"] } }
            routes: [{ match: { path: /v1/bytes/** }, to: bytes }]
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let gateway = RunningProcess(program: "apus", ["gateway", "--config", file], in: folder)
        let endpoint = try #require(Origin(url: try await gateway.startAndBeReady()))
        let (port, bytes) = (endpoint.port, Self.bytes)
        let (gatewayID, serviceID) = (gateway.id, service.id)
        let outcome: Result<Void, any Error>
        do {
            // What is made at the first use of each path isn't what grows with the bytes.
            try await Self.blocking {
                try BulkTransfer.receive(8 << 20, from: BulkTransfer.ask(for: 8 << 20, port: port))
            }
            let parties = [
                ("gateway", try ProcessMemory(of: gatewayID)), ("service", try ProcessMemory(of: serviceID)),
            ]
            let connection = try BulkTransfer.ask(for: bytes, port: port)
            try await Self.untilStable { connection.unread }
            try Self.check(parties, "a client doesn't receive")
            try await Self.blocking { try BulkTransfer.receive(bytes, from: connection) }
            try Self.check(parties, "down")
            // The service stands still until the client can't send any more.
            kill(serviceID, SIGSTOP)
            defer { kill(serviceID, SIGCONT) }
            try await Self.blocking {
                try BulkTransfer.upload(bytes, port: port) {
                    try Self.check(parties, "a service doesn't receive")
                    kill(serviceID, SIGCONT)
                }
            }
            try Self.check(parties, "up")
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await gateway.endNow()
        await service.endNow()
        if case .failure = outcome { print(gateway.output.suffix(5_000), service.output.suffix(5_000)) }
        try outcome.get()
    }

    private static func check(_ parties: [(name: String, memory: ProcessMemory)], _ what: String) throws {
        for (name, memory) in parties {
            let growth = try memory.growth
            #expect(growth < limit, "\(name), \(what): \(growth >> 10) KiB")
        }
    }

    /// Returns when `value` has come to something and then stays what it is.
    private static func untilStable(_ value: () -> Int) async throws {
        var (last, times) = (0, 0)
        try await eventually("it stalls") {
            let now = value()
            times = now == last && now > 0 ? times + 1 : 0
            last = now
            return times == 100
        }
    }

    /// Runs blocking code on a thread of its own.
    private static func blocking(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}
