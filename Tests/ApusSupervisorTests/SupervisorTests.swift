// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusTesting
import Foundation
import Synchronization
import Testing

@testable import ApusSupervisor

/// Says on `/readyz` that it is ready, for children that are only scripts.
private struct Ready: HTTPResponder {
    func respond(to request: HTTPRequest) async -> HTTPResponse { HTTPResponse(status: .ok) }
}

@Suite("Supervisor")
struct SupervisorTests {
    /// Supervises scripts whose readiness a server of the test answers for.
    private func supervise(
        _ workshop: Workshop, gateway: Bool = false, drain: Duration = .seconds(10),
        _ body: (Supervisor, Notes<String>) async throws -> Void
    ) async throws {
        let loops = EventLoops(count: 1)
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0)), loops: loops,
            responder: Ready())
        let port = try await server.start().port
        let users = Manifest.Service(
            name: "users", executable: "users", path: workshop.folder + "/users", arguments: [], instances: 1,
            environment: [:], port: port)
        let manifest = Manifest(
            gateway: gateway ? "gateway.yaml" : nil, hasRegistry: false, registryPort: nil, services: [users])
        let announced = Notes<String>()
        let log = FileHandle(forWritingAtPath: "/dev/null")
        let supervisor = Supervisor(
            SupervisorConfiguration(
                manifest: manifest, apus: workshop.folder + "/apus", dataDirectory: workshop.folder + "/data",
                environment: ["PATH": "/usr/bin:/bin", "NOTES": workshop.folder + "/notes"], drainTimeout: drain,
                restarts: .init(base: .milliseconds(20), cap: .milliseconds(50))),
            logDescriptor: log?.fileDescriptor ?? 2, announce: { announced.add($0) })
        let result: Result<Void, any Error>
        do { result = .success(try await body(supervisor, announced)) } catch { result = .failure(error) }
        await server.drain(within: .seconds(1))
        try await loops.shutdown()
        try result.get()
    }

    private let patient =
        "trap 'echo users ended >> $NOTES; exit 0' TERM\necho $$ >> $NOTES\nwhile :; do sleep 0.05; done\n"

    @Test("announces the system, and stops the gateway before the services")
    func startAndStop() async throws {
        try await Workshop.with { workshop in
            try workshop.script("users", patient)
            try workshop.script(
                "apus",
                "trap 'echo gateway ended >> $NOTES; exit 0' TERM\necho ready http://127.0.0.1:1\n"
                    + "while :; do sleep 0.05; done\n")
            try await supervise(workshop, gateway: true) { supervisor, announced in
                async let run: Void = supervisor.run()
                try await eventually("announced") {
                    announced.all == ["http://127.0.0.1:1"] && !workshop.lines(of: "notes").isEmpty
                }
                supervisor.stop()
                try await run
                #expect(workshop.lines(of: "notes").suffix(2) == ["gateway ended", "users ended"])
            }
        }
    }

    @Test("starts a process again that was killed")
    func restart() async throws {
        try await Workshop.with { workshop in
            try workshop.script("users", patient)
            try await supervise(workshop) { supervisor, announced in
                async let run: Void = supervisor.run()
                try await eventually("announced") { announced.all.count == 1 }
                try await eventually("first start") { workshop.lines(of: "notes").count == 1 }
                kill(try #require(Int32(workshop.lines(of: "notes")[0])), SIGKILL)
                try await eventually("second start") { workshop.lines(of: "notes").count == 2 }
                supervisor.stop()
                try await run
                #expect(announced.all.count == 1)
            }
        }
    }

    @Test("kills who doesn't end in time")
    func stubborn() async throws {
        try await Workshop.with { workshop in
            try workshop.script("users", "trap '' TERM\necho $$ >> $NOTES\nwhile :; do sleep 0.05; done\n")
            try await supervise(workshop, drain: .milliseconds(300)) { supervisor, announced in
                async let run: Void = supervisor.run()
                try await eventually("started") { announced.all.count == 1 && !workshop.lines(of: "notes").isEmpty }
                let begun = Instant.now
                supervisor.stop()
                try await run
                #expect(begun.duration(to: .now) < .seconds(3))
                let pid = try #require(Int32(workshop.lines(of: "notes")[0]))
                #expect(!isAlive(pid))
            }
        }
    }

    @Test("a program whose configuration is wrong ends the start with status 2, and is named")
    func configurationError() async throws {
        try await Workshop.with { workshop in
            try workshop.script("users", "exit 2\n")
            try workshop.script("apus", "trap 'exit 0' TERM\nwhile :; do sleep 0.05; done\n")
            try await supervise(workshop, gateway: true) { supervisor, announced in
                await #expect { try await supervisor.run() } throws: {
                    guard let error = $0 as? SupervisorError else { return false }
                    return error.exitStatus == 2 && error.message.contains("users")
                }
                #expect(announced.all.isEmpty)
            }
        }
    }

    @Test("a second supervisor of the same data folder is refused, with the process that has it")
    func locked() async throws {
        try await Workshop.with { workshop in
            let first = try DataFolderLock(workshop.folder + "/data")
            #expect { try DataFolderLock(workshop.folder + "/data") } throws: {
                guard let error = $0 as? SupervisorError else { return false }
                return error.code == .dataFolder && error.message.contains("process \(getpid())")
            }
            withExtendedLifetime(first) {}
        }
        #expect(throws: SupervisorError.self) { try DataFolderLock("/proc/apus") }
    }

    @Test("each process gets what it needs to know")
    func recipe() {
        let users = Manifest.Service(
            name: "users", executable: "u", path: "/u", arguments: ["-x"], instances: 2,
            environment: ["LOG_LEVEL": "debug", "PORT": "1", "INSTANCE_ID": "mine"], port: nil)
        let configuration = SupervisorConfiguration(
            manifest: Manifest(gateway: "/g.yaml", hasRegistry: true, registryPort: nil, services: [users]),
            apus: "/apus", dataDirectory: "/data", gatewayPort: 8_081,
            environment: ["PATH": "/bin", "PORT": "7", "ADVERTISE_URL": "http://h:1"])
        let place = RegistryPlace()
        let recipe = ProcessRecipe(configuration: configuration, place: place)
        #expect(recipe.registry().arguments == ["registry", "--port", "0", "--data-dir", "/data/registry"])
        place.set("http://127.0.0.1:4711")
        #expect(recipe.registry().arguments.contains("4711"), "it comes back where it was")
        let service = recipe.service(users, instance: "users-2")
        #expect(service.arguments == ["-x"])
        let expected = [
            "PATH": "/bin", "PORT": "0", "LOG_LEVEL": "debug", "SERVICE_NAME": "users", "DATA_DIR": "/data/users",
            "REGISTRY_URL": "http://127.0.0.1:4711", "APUS_SUPERVISED": "true", "INSTANCE_ID": "users-2",
        ]
        for (key, value) in expected { #expect(service.environment[key] == value, "\(key)") }
        #expect(service.environment["ADVERTISE_URL"] == nil, "it is that of this process")
        #expect(
            recipe.gateway(file: "/g.yaml").arguments == [
                "gateway", "--config", "/g.yaml", "--port", "8081", "--registry", "http://127.0.0.1:4711",
                "--drain-timeout", "4500ms",
            ])
    }
}
