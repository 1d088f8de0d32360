// SPDX-License-Identifier: Apache-2.0
import ApusDiscovery
import ApusHTTP
import ApusRuntime
import ApusService
import ApusTelemetry
import Logging
import Testing

@Suite("How a service registers")
struct RegistrationTests {
    /// Runs a service with these arguments against `registry`; `body` is called when it is registered.
    private func running(
        _ arguments: [String], _ registry: Registry, at address: ServerAddress, _ body: (Instance) async throws -> Void
    ) async throws {
        var reader = Settings(
            arguments: ["--port=0", "--apus-event-loops=1", "--service-name=notes", "--registry-url=\(address)"]
                + arguments)
        let settings = ServiceSettings(from: &reader, name: "notes")
        try reader.validate()
        let output = LogOutput(target: MemoryLogTarget(), service: "notes", level: .error)
        let runtime = ServiceRuntime(
            settings, telemetry: ServiceTelemetry(output: output, metrics: MetricsRegistry()), announce: { _ in })
        var builder = runtime.builder(of: NotesAPI.self)
        NotesService().implement(&builder)
        try runtime.serve(builder)
        _ = try runtime.joinNetwork()
        let index = registry.list("notes").index
        async let ended: Void = runtime.run()
        let listing = try await registry.list("notes", after: index, wait: .seconds(10))
        let result: Result<Void, any Error>
        do { result = .success(try await body(try #require(listing.instances.first))) } catch {
            result = .failure(error)
        }
        runtime.stop()
        try await ended
        try result.get()
    }

    private func withRegistry(_ body: (Registry, ServerAddress) async throws -> Void) async throws {
        let registry = try Registry()
        try await Running.with { running in
            try await running.serve(RegistryServer(registry: registry)) { try await body(registry, $0) }
        }
    }

    @Test("a process takes the place of one with its id, and another's end doesn't take it away")
    func replaced() async throws {
        try await withRegistry { registry, address in
            // What a process left that was killed.
            let dead = Instance(id: "notes-1", service: "notes", endpoint: Origin(host: "127.0.0.1", port: 1))
            _ = try await registry.register(dead, ttl: .seconds(3_600))
            try await running(["--instance-id=notes-1"], registry, at: address) { instance in
                #expect(instance.id == "notes-1" && instance.endpoint != dead.endpoint)
                #expect(registry.list("notes").instances == [instance])
            }
            #expect(registry.list("notes").instances.isEmpty)
        }
    }

    @Test("the id is made of name, host and port, so that it stays the same on the same port")
    func defaultID() async throws {
        try await withRegistry { registry, address in
            try await running([], registry, at: address) { instance in
                #expect(instance.id == "notes-127.0.0.1:\(instance.endpoint.port)")
            }
        }
        #expect(
            Instance(id: nil, service: "a", endpoint: Origin(host: "2001:db8::1", port: 9)).id == "a-2001:db8::1:9")
        #expect(
            Instance(id: nil, service: "a", endpoint: Origin(unixPath: "/run/ä b.sock")).id == "a--run---b.sock")
        let long = Origin(unixPath: "/" + String(repeating: "x", count: 100))
        #expect(Instance(id: nil, service: String(repeating: "s", count: 63), endpoint: long).id.count == 128)
    }

    @Test("what is advertised is what the settings say, or else an address that others reach")
    func advertised() async throws {
        try await withRegistry { registry, address in
            try await running(["--advertise-url=https://notes.example.test"], registry, at: address) { instance in
                #expect(instance.endpoint == Origin(scheme: .https, host: "notes.example.test", port: 443))
                #expect(instance.id == "notes-notes.example.test:443")
            }
            // The registry is reached from the loopback address.
            try await running(["--host=0.0.0.0"], registry, at: address) { instance in
                #expect(instance.endpoint.host == "127.0.0.1")
            }
        }
    }
}
