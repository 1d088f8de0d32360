// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusDiscovery
import ApusHTTP
import ApusRuntime
import ApusService
import ApusTelemetry
import Logging
import Testing

@Suite("A service on its runtime")
struct NetworkTests {
    /// A runtime on a free port, with a registry.
    private func runtime(_ name: String, registry: ServerAddress) throws -> ServiceRuntime {
        var reader = Settings(
            arguments: ["--port=0", "--apus-event-loops=1", "--service-name=\(name)", "--registry-url=\(registry)"])
        let settings = ServiceSettings(from: &reader, name: name)
        try reader.validate()
        let output = LogOutput(target: MemoryLogTarget(), service: name, level: .error)
        return ServiceRuntime(
            settings, telemetry: ServiceTelemetry(output: output, metrics: MetricsRegistry()), announce: { _ in })
    }

    @Test("A service registers when it is ready, is found by another through the registry, and leaves before it ends")
    func registered() async throws {
        let registry = try Registry()
        try await Running.with { running in
            try await running.serve(RegistryServer(registry: registry)) { address in
                let notes = try runtime("notes", registry: address)
                var builder = notes.builder(of: NotesAPI.self)
                NotesService().implement(&builder)
                try notes.serve(builder)
                _ = try notes.joinNetwork()
                let caller = try runtime("caller", registry: address)
                let network = try caller.joinNetwork()
                let client = try network.client(of: NotesAPI.self)
                caller.onReady("test") { _ in
                    for await set in network.resolver.view(of: "notes").changes where !set.instances.isEmpty { break }
                    let note = try await client.call(NotesAPI.readNote, .init(id: 4))
                    #expect(note == Note(id: 4, title: "note"))
                    notes.stop()
                    caller.stop()
                }
                async let first: Void = notes.run()
                try await caller.run()
                try await first
                #expect(registry.list("notes").instances.isEmpty)
                #expect(registry.list("caller").instances.isEmpty)
                let metrics = String(decoding: PrometheusText.write(caller.metrics), as: UTF8.self)
                #expect(metrics.contains(#"http_client_requests_total{service="notes",status="200"} 1"#))
            }
        }
    }
}
