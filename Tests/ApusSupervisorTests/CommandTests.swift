// SPDX-License-Identifier: Apache-2.0
import ApusHTTP
import ApusTesting
import Foundation
import Testing

@testable import ApusSupervisor

/// The command as it was built, beside the tests.
private let apus =
    Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "apus").path ?? "apus"

private struct Nobody: HTTPResponder {
    func respond(to request: HTTPRequest) async -> HTTPResponse { HTTPResponse(status: .ok) }
}

@Suite("The command apus", .enabled(if: FileManager.default.isExecutableFile(atPath: apus), "apus isn't built"))
struct CommandTests {
    private func child(_ arguments: [String]) -> ChildProcess {
        ChildProcess(
            ChildSpecification(
                path: apus, arguments: arguments, environment: ["PATH": "/usr/bin:/bin", "APUS_EVENT_LOOPS": "1"]))
    }

    private func run(_ arguments: String...) async throws -> (exit: ChildExit, text: String) {
        let lines = Notes<String>()
        let exit = try await child(arguments).run(started: { _ in }, line: { lines.add($0) })
        return (exit, lines.all.joined(separator: "\n"))
    }

    /// A port that was free a moment ago, and is held while `body` runs if `held`.
    private func withPort(held: Bool, _ body: (Int) async throws -> Void) async throws {
        let loops = EventLoops(count: 1)
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), loops: loops,
            responder: Nobody())
        let port = try await server.start().port
        if !held { await server.drain(within: .zero) }
        let result: Result<Void, any Error>
        do { result = .success(try await body(port)) } catch { result = .failure(error) }
        if held { await server.drain(within: .zero) }
        try await loops.shutdown()
        try result.get()
    }

    @Test("help and version are answers, anything unknown is status 2")
    func statuses() async throws {
        #expect(try await run("--version").exit == .status(0))
        #expect(try await run("--help").text.contains("apus up"))
        #expect(try await run("bogus").exit == .status(2))
        #expect(try await run("registry", "--port", "70000").exit == .status(2))
        let missing = try await run("up", "--manifest", "/nowhere/apus.yaml")
        #expect(missing.exit == .status(2) && missing.text.contains("/nowhere/apus.yaml"))
    }

    @Test("check names file, line and column")
    func check() async throws {
        try await Workshop.with { workshop in
            try workshop.file("gateway.yaml", "listeners:\n  - adress: 127.0.0.1:8080\n")
            let (exit, text) = try await run("check", workshop.folder + "/gateway.yaml")
            #expect(exit == .status(2))
            #expect(text.contains("gateway.yaml:2:5:") && text.contains("did you mean 'address'?"))
        }
    }

    @Test("the registry says where it is, and ends with status 0 when asked to")
    func registry() async throws {
        try await Workshop.with { workshop in
            let lines = Notes<String>()
            let registry = child(["registry", "--port", "0", "--data-dir", workshop.folder])
            async let exit = registry.run(started: { _ in }, line: { lines.add($0) })
            try await eventually("ready") { lines.all.contains { Supervisor.readyURL($0) != nil } }
            registry.terminate()
            #expect(try await exit == .status(0))
        }
    }

    @Test("a registry's file that can't be understood is status 2: which file, what is wrong with it, what to do")
    func corrupted() async throws {
        let instance = #"{"service": "a", "id": "b", "url": "http://h:1", "metadata": {}, "ttlMilliseconds": 1000"#
        let stored = #"{"format": 1, "revision": 1, "lastGeneration": 1, "instances": ["#
        for (file, expected) in [
            ("", "it isn't JSON: line 1, column 1"), ("{\n", "it isn't JSON: line 2, column 1"),
            ("{\"format\": 1,\n}", "it isn't JSON: line 2, column 1"), ("[]", "it is not an object"),
            (#"{"format": 1}"#, "'revision' is missing"),
            (#"{"format": "one"}"#, "'format' is not a whole number"),
            (stored + instance + "}]}", "'instances[0].generation' is missing"),
            (stored + instance + #", "generation": null}]}"#, "'instances[0].generation' is null"),
            (stored + instance.replacing("http://h:1", with: "nowhere") + #", "generation": 1}]}"#, "'nowhere'"),
            (#"{"format": 2, "revision": 1, "lastGeneration": 1, "instances": []}"#, "format is 2"),
        ] {
            try await Workshop.with { workshop in
                try workshop.file("registry.json", file)
                let (exit, text) = try await run("registry", "--port", "0", "--data-dir", workshop.folder)
                #expect(exit == .status(2))
                #expect(text.contains(workshop.folder + "/registry.json can't be used"))
                #expect(text.contains(expected) && text.contains("move it away"), "\(text)")
                #expect(!text.contains("DecodingError") && !text.contains("CodingKeys"), "\(text)")
            }
        }
    }

    @Test("up starts a system, announces it, and ends with status 0 and without leftovers")
    func up() async throws {
        try await Workshop.with { workshop in
            try await withPort(held: false) { port in
                try workshop.file(
                    "apus.yaml",
                    """
                    registry: off
                    services:
                      one:
                        executable: \(apus)
                        arguments: [registry, --port, "\(port)"]
                        port: \(port)
                    """)
                let lines = Notes<String>()
                let pids = Notes<Int32>()
                let up = child([
                    "up", "--manifest", workshop.folder + "/apus.yaml", "--data-dir", workshop.folder + "/data",
                ])
                async let exit = up.run(started: { pids.add($0) }, line: { lines.add($0) })
                try await eventually("ready") { lines.all.contains("ready http://127.0.0.1:\(port)") }
                let started = try #require(lines.all.first { $0.contains("one started, process ") })
                let service = try #require(started.split(separator: " ").last.flatMap { Int32($0) })
                #expect(isAlive(service))
                // To the supervisor alone, as Ctrl-C comes.
                kill(try #require(pids.all.first), SIGINT)
                #expect(try await exit == .status(0))
                try await eventually("nothing is left") { !isAlive(service) }
            }
        }
    }

    @Test("a supervisor that is killed leaves nothing behind")
    func killed() async throws {
        try await Workshop.with { workshop in
            try await withPort(held: false) { port in
                try workshop.file(
                    "apus.yaml",
                    "registry: off\nservices: {one: {executable: \(apus), arguments: [registry, --port, \"\(port)\"], "
                        + "port: \(port)}}")
                let lines = Notes<String>()
                let up = child([
                    "up", "--manifest", workshop.folder + "/apus.yaml", "--data-dir", workshop.folder + "/data",
                ])
                async let exit = up.run(started: { _ in }, line: { lines.add($0) })
                try await eventually("ready") { lines.all.contains("ready http://127.0.0.1:\(port)") }
                let started = try #require(lines.all.first { $0.contains("one started, process ") })
                let service = try #require(started.split(separator: " ").last.flatMap { Int32($0) })
                up.kill()
                #expect(try await exit == .signal(9))
                try await eventually("the service has noticed") { !isAlive(service) }
            }
        }
    }

    @Test("an address that is taken is said before anything starts, with who has it")
    func taken() async throws {
        try await Workshop.with { workshop in
            try await withPort(held: true) { port in
                try workshop.file("apus.yaml", "gateway: gateway.yaml\nservices: {one: sh}")
                try workshop.file(
                    "gateway.yaml",
                    """
                    listeners: [{address: "127.0.0.1:1"}]
                    services: {one: {endpoints: ["http://127.0.0.1:2"]}}
                    routes: [{match: {path: /**}, to: one}]
                    """)
                let (exit, text) = try await run(
                    "up", "--manifest", workshop.folder + "/apus.yaml", "--data-dir", workshop.folder + "/data",
                    "--port", "\(port)")
                #expect(exit == .status(1))
                #expect(text.contains("127.0.0.1:\(port)") && text.contains("process \(getpid())"), "\(text)")
            }
        }
    }

    @Test("health says by its exit status whether a process is ready")
    func health() async throws {
        try await withPort(held: true) { port in
            let (exit, text) = try await run("health", "http://127.0.0.1:\(port)")
            #expect(exit == .status(0) && text.contains("/readyz: 200 OK"))
        }
        try await withPort(held: false) { port in
            let (exit, text) = try await run("health", "http://127.0.0.1:\(port)", "--path", "/livez")
            #expect(exit == .status(1) && text.contains("connection refused"))
        }
        #expect(try await run("health", "localhost").exit == .status(2))
    }

    @Test("doctor lists what it looked at")
    func doctor() async throws {
        let text = try await run("doctor", "--manifest", "/nowhere/apus.yaml").text
        for subject in ["swift", "sqlite", "open files", "data folder", "manifest", "port 8080"] {
            #expect(text.contains(" \(subject): "), "\(subject)")
        }
    }
}
