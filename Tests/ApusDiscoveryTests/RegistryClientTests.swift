// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import ApusTesting
import Logging
import Synchronization
import Testing

@testable import ApusDiscovery

/// A registry that can be unplugged.
private final class Line: RegistryConnection {
    let registry: Mutex<Registry?>

    init(_ registry: Registry?) { self.registry = Mutex(registry) }

    func plug(_ registry: Registry?) { self.registry.withLock { $0 = registry } }

    private func connected() throws(DiscoveryError) -> Registry {
        guard let registry = registry.withLock({ $0 }) else { throw DiscoveryError(.unreachable, "unplugged") }
        return registry
    }

    func register(_ instance: Instance, ttl: Duration) async throws(DiscoveryError) -> Lease {
        try await connected().register(instance, ttl: ttl)
    }

    func renew(_ lease: Lease) async throws(DiscoveryError) { try await connected().renew(lease) }

    func deregister(_ service: String, id: String, generation: UInt64?) async throws(DiscoveryError) {
        try await connected().deregister(service, id: id, generation: generation)
    }

    func list(_ service: String, after index: UInt64, wait: Duration) async throws(DiscoveryError) -> ServiceListing {
        try await connected().list(service, after: index, wait: wait)
    }
}

@Suite("RegistryClient")
struct RegistryClientTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A registry that sweeps while `body` runs.
    private func withRegistry(_ body: (Registry) async throws -> Void) async throws {
        let registry = try Registry()
        let sweeping = Task { await registry.run() }
        defer { sweeping.cancel() }
        try await body(registry)
    }

    @Test("a view follows what is registered and what goes")
    func follows() async throws {
        try await withRegistry { registry in
            let client = RegistryClient(connection: registry, logger: logger)
            let view = client.view(of: "users")
            #expect(client.view(of: "users") === view)
            _ = try await view.first { $0.status == .resolved && $0.instances.isEmpty }
            _ = try await registry.register(instance("users", "a"), ttl: .milliseconds(500))
            _ = try await view.first { $0.instances.map(\.id) == ["a"] }
            _ = try await view.first { $0.status == .resolved && $0.instances.isEmpty }
            await client.shutdown()
            #expect(registry.waiting == 0)
        }
    }

    @Test("leases are renewed, and an instance outlives its time to live many times")
    func renews() async throws {
        try await withRegistry { registry in
            let client = RegistryClient(connection: registry, logger: logger)
            client.register(instance("users", "a"), ttl: .milliseconds(500))
            try await eventually("renewed four times") {
                registry.statistics.renewals.load(ordering: .relaxed) >= 4
            }
            #expect(registry.count == 1)
            #expect(registry.statistics.registrations.load(ordering: .relaxed) == 1)
            #expect(client.registration(of: "users", id: "a") == .registered)
            await client.shutdown()
            #expect(registry.count == 0, "shutdown deregisters")
        }
    }

    @Test("while the registry is down the last good list stays; afterwards everything comes back")
    func outage() async throws {
        try await withRegistry { registry in
            let line = Line(registry)
            let client = RegistryClient(connection: line, wait: .milliseconds(50), logger: logger)
            let view = client.view(of: "users")
            client.register(instance("users", "a"), ttl: .milliseconds(500))
            _ = try await view.first { $0.instances.count == 1 }

            line.plug(nil)
            try await eventually("stale") { view.staleSince != nil }
            try await eventually("the lease ran out") { registry.count == 0 }
            #expect(view.current.instances.map(\.id) == ["a"])
            #expect(view.current.status == .resolved)

            line.plug(registry)
            try await eventually("registered again") { registry.count == 1 }
            try await eventually("fresh again") { view.staleSince == nil && view.current.instances.count == 1 }
            await client.shutdown()
        }
    }

    @Test("a registry that is down at the start is tried until it answers")
    func downAtStart() async throws {
        try await withRegistry { registry in
            let line = Line(nil)
            let client = RegistryClient(connection: line, logger: logger)
            client.register(instance("users", "a"), ttl: .seconds(10))
            let failed = try await client.view(of: "users").first { $0.status != .pending }
            guard case .failed(let error) = failed.status else { Issue.record("must fail"); return }
            #expect(error.code == .unreachable)
            line.plug(registry)
            _ = try await client.view(of: "users").first { $0.instances.count == 1 }
            await client.shutdown()
        }
    }

    @Test("of two processes with one id the older stops, and leaves the newer's registration alone")
    func superseded() async throws {
        try await withRegistry { registry in
            let older = RegistryClient(connection: registry, logger: logger)
            let newer = RegistryClient(connection: registry, logger: logger)
            older.register(instance("users", "a", port: 1), ttl: .milliseconds(500))
            try await eventually("registered") { registry.count == 1 }
            newer.register(instance("users", "a", port: 2), ttl: .milliseconds(500))
            try await eventually("refused") {
                if case .refused(let error) = older.registration(of: "users", id: "a") {
                    return error.code == .leaseSuperseded
                }
                return false
            }
            await older.shutdown()
            #expect(registry.list("users").instances.map(\.endpoint.port) == [2])
            await newer.shutdown()
        }
    }

    @Test("after shutdown nothing is watched and nothing registered")
    func afterShutdown() async throws {
        try await withRegistry { registry in
            let client = RegistryClient(connection: registry, logger: logger)
            await client.shutdown()
            client.register(instance("users", "a"), ttl: .seconds(10))
            guard case .failed = client.view(of: "users").current.status else { Issue.record("must fail"); return }
            #expect(registry.count == 0 && registry.waiting == 0)
        }
    }
}
