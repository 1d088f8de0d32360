// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusRuntime
import Foundation
import Testing

@Suite("Starts that can't succeed", .timeLimit(.minutes(1)))
struct ServiceRuntimeStartErrorTests {
    @Test("a port already taken is named with the process that holds it")
    func takenPort() async throws {
        let loops = EventLoops(count: 1)
        let holder = HTTPServer(
            configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), loops: loops,
            responder: OpsResponder(ops: OpsEndpoints(health: HealthChecks(service: "x")) { _ in ("", []) }))
        let port = try await holder.start().port
        let test = try TestRuntime()
        test.runtime.addServer(
            configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: port)),
            responder: OpsResponder(ops: test.runtime.ops))
        let error = try await #require(throws: StartError.self) { try await test.runtime.run() }
        let name = try String(contentsOfFile: "/proc/self/comm", encoding: .utf8).trimmingCharacters(in: .newlines)
        #expect(
            error.description
                == "cannot listen on 127.0.0.1:\(port): the address is in use by process \(getpid()) (\(name)); "
                + "stop it or choose another PORT")
        #expect(error.exitStatus == 1)
        await holder.drain(within: .zero)
        try await loops.shutdown()
    }

    @Test("an address of another machine, and TLS files that aren't there, have status 2")
    func configuration() async throws {
        for arguments in [["--host=192.0.2.1"], ["--tls-cert-file=/none.pem", "--tls-key-file=/none.pem"]] {
            let test = try TestRuntime(arguments)
            test.runtime.addServer(responder: OpsResponder(ops: test.runtime.ops))
            let error = try await #require(throws: StartError.self) { try await test.runtime.run() }
            #expect(error.exitStatus == 2, "\(error)")
        }
    }

    @Test("a health check that can't be run as configured stops the start with every problem")
    func healthCheck() async throws {
        let test = try TestRuntime()
        test.runtime.addCheck("db", .init(timeout: .zero, failuresBeforeDown: 0)) {}
        let error = try await #require(throws: InvalidConfiguration.self) { try await test.runtime.run() }
        #expect(
            error.problems.map(\.description) == [
                "checks.db.timeout: must be at least 1ms, not 0.0 seconds",
                "checks.db.failuresBeforeDown: must be at least 1, not 0",
            ])
    }
}
