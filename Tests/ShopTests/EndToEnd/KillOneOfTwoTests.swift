// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusTesting
import Foundation
import Testing

/// `kill -9` of one of two instances behind a gateway.
@Suite("One of two instances is killed", .serialized)
struct KillOneOfTwoTests {
    private static let connections = 32

    /// How many kills each test makes: what `APUS_TEST_KILLS` says, or each instance once.
    private static let kills =
        ProcessInfo.processInfo.environment["APUS_TEST_KILLS"].flatMap { Int($0) } ?? 2

    @Test(
        "under a steady load, no request fails but those that had been begun before",
        .timeLimit(.minutes(10)), arguments: TwoInstances.Source.allCases)
    func steadyLoad(_ source: TwoInstances.Source) async throws {
        try await underLoad(source) { two, load, number in
            let before = load.failures.count
            two.instances[number].signal(SIGKILL)
            let killed = Instant.now
            _ = await two.instances[number].ended()
            try await Self.goOn(load, 300)
            let failures = load.failures[before...]
            let late = failures.filter { $0.begun > killed }
            #expect(late.isEmpty, "begun after the kill: \(late)")
            #expect(failures.count <= Self.connections, "\(failures)")
        }
    }

    @Test(
        "an instance that is told to stop under a steady load: no request fails", .timeLimit(.minutes(10)),
        arguments: TwoInstances.Source.allCases)
    func gracefulStop(_ source: TwoInstances.Source) async throws {
        try await underLoad(source) { two, load, number in
            two.instances[number].signal(SIGTERM)
            let status = await two.instances[number].ended()
            try await Self.goOn(load, 300)
            #expect(status == 0)
            #expect(load.failures.isEmpty, "\(load.failures)")
        }
    }

    /// Ends each instance in turn, starts it again, and waits until the gateway uses it again, under a load that goes on.
    private func underLoad(
        _ source: TwoInstances.Source, _ end: (TwoInstances, TimedReads, _ number: Int) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        try await TwoInstances.with(source, in: folder) { two in
            let loops = EventLoops(count: 1)
            let client = HTTPClient(loops: loops)
            let load = TimedReads(client, to: two.endpoint, path: TwoInstances.path)
            async let running: Void = load.run(connections: Self.connections)
            let outcome: Result<Void, any Error>
            do {
                try await Self.goOn(load, 200)
                for number in (0..<Self.kills).map({ $0 % 2 }) {
                    try await end(two, load, number)
                    let before = load.failures.count
                    try await two.restart(number)
                    try await eventually("the gateway uses it again", within: .seconds(20)) {
                        try await two.isUsed(number, by: client)
                    }
                    #expect(load.failures.count == before, "restart: \(load.failures[before...])")
                }
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            load.stop()
            await running
            await client.shutdown()
            try await loops.shutdown()
            try outcome.get()
        }
    }

    @Test(
        "while nothing is in flight, nothing fails, even if the gateway hears of it together with the next requests",
        .timeLimit(.minutes(2)), arguments: TwoInstances.Source.allCases)
    func nothingInFlight(_ source: TwoInstances.Source) async throws {
        let folder = try TemporaryFolder()
        try await TwoInstances.with(source, in: folder) { two in
            let loops = EventLoops(count: 1)
            let client = HTTPClient(loops: loops)
            let port = two.endpoint.port
            let connections = try (0..<Self.connections).map { _ in try RawConnection(port: port) }
            for kill in 0..<Self.kills {
                // Fills the gateway's pools: many at once, once or several times over. After the first time there are
                // connections in them that were made and never used.
                for _ in 0..<(kill % 4 < 2 ? 1 : 4) { try ask(connections) }
                two.gateway.signal(SIGSTOP)
                // The gateway hears of the requests first, or of the connections' end.
                let requestsFirst = kill % 2 == 0
                if requestsFirst { for connection in connections { try connection.send(Self.request) } }
                two.instances[kill % 2].signal(SIGKILL)
                _ = await two.instances[kill % 2].ended()
                if !requestsFirst { for connection in connections { try connection.send(Self.request) } }
                two.gateway.signal(SIGCONT)
                let answers = try connections.map { try $0.receiveResponse() }.filter { $0.status != 200 }
                #expect(answers.isEmpty, "kill \(kill): \(answers.count): \(answers.first?.text ?? "")")
                try await two.restart(kill % 2)
                try await eventually("the gateway uses it again", within: .seconds(20)) {
                    try ask(Array(connections[..<1]))
                    return try await two.isUsed(kill % 2, by: client)
                }
            }
            await client.shutdown()
            try await loops.shutdown()
        }
    }

    private static let request = "GET \(TwoInstances.path) HTTP/1.1\r\nHost: test\r\n\r\n"

    private func ask(_ connections: [RawConnection]) throws {
        for connection in connections { try connection.send(Self.request) }
        let failed = try connections.map { try $0.receiveResponse() }.filter { $0.status != 200 }
        #expect(failed.isEmpty, "\(failed.count): \(failed.first?.text ?? "")")
    }

    private static func goOn(_ load: TimedReads, _ count: Int) async throws {
        let goal = load.completed + count
        try await eventually("\(count) more requests", within: .seconds(20)) { load.completed >= goal }
    }
}
