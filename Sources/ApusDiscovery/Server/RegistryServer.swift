// SPDX-License-Identifier: Apache-2.0
import ApusCore
public import ApusHTTP
import ApusTelemetry
import Foundation
import Synchronization

/// Serves a ``Registry`` over HTTP and JSON. `docs/registry.md` shows every document.
///
/// | request | does |
/// |---|---|
/// | `PUT /v1/services/{service}/instances/{id}` `{url, metadata?, ttlSeconds}` | registers; answers with the lease |
/// | `POST /v1/services/{service}/instances/{id}/renew?generation=N` | begins the lease anew |
/// | `DELETE /v1/services/{service}/instances/{id}?generation=N` | drops the instance; 204 also if there was none |
/// | `GET /v1/services` | the services that have instances |
/// | `GET /v1/services/{service}` | its instances and the list's index |
/// | `GET /v1/changes?index=N` | what changed after an index; 410 when that is no longer kept |
/// | `GET /livez`, `/readyz`, `/health`, `/metrics` | about the registry itself |
///
/// The three `GET`s below `/v1` take `index=N&wait=30s`: the answer then comes when there is something newer than N, or
/// when the time (at most 10 minutes) is over. Errors are `application/problem+json`: 400, 404 for an unknown lease, 409
/// for a superseded one, 410, 413, 503 with `Retry-After`.
///
/// An `HTTPResponder`: the same value serves any number of connections.
public struct RegistryServer: HTTPResponder {
    /// The largest body that is read, in bytes.
    static let bodyLimit = 64 << 10

    let registry: Registry
    let metrics = MetricsRegistry()

    /// Serves `registry`, whose counts `/metrics` shows. Running the registry stays with the caller.
    public init(registry: Registry) {
        self.registry = registry
        registry.observe(in: metrics)
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        do throws(DiscoveryError) {
            return try await answer(to: request)
        } catch {
            registry.statistics.rejections.add(1, ordering: .relaxed)
            return RegistryAnswer.problem(error)
        }
    }

    private func answer(to request: HTTPRequest) async throws(DiscoveryError) -> HTTPResponse {
        let path = request.head.path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
        let query = try RegistryQuery(request.head.query)
        switch (request.head.method, path.count) {
        case (.get, 1), (.head, 1):
            return try own(path[0], accept: request.head.headers[.accept])
        case (.get, 2) where path == ["v1", "services"]:
            try await wait(query, for: nil)
            return try summary()
        case (.get, 2) where path == ["v1", "changes"]:
            try await wait(query, for: nil)
            return try changes(after: query.index ?? 0)
        case (.get, 3) where path.starts(with: ["v1", "services"]):
            try await wait(query, for: path[2])
            return try listing(of: path[2])
        case (.put, 5) where path.starts(with: ["v1", "services"]) && path[3] == "instances":
            return try await register(path[2], id: path[4], request.body)
        case (.delete, 5) where path.starts(with: ["v1", "services"]) && path[3] == "instances":
            _ = try await registry.drop(path[2], id: path[4], generation: query.generation)
            return HTTPResponse(status: .noContent)
        case (.post, 6) where path.starts(with: ["v1", "services"]) && path[3] == "instances" && path[5] == "renew":
            let lease = try registry.renew(path[2], id: path[4], generation: query.generation)
            return try RegistryAnswer.json(RegistryWire.GrantedLease(lease))
        default:
            throw DiscoveryError(.notFound, "\(request.head.method) \(request.head.path) is nothing of the registry's")
        }
    }

    private func wait(_ query: RegistryQuery, for service: String?) async throws(DiscoveryError) {
        guard let index = query.index, let wait = query.wait else { return }
        try await registry.waitForNews(of: service, after: index, wait: wait)
    }

    private func register(_ service: String, id: String, _ body: HTTPBody) async throws(DiscoveryError) -> HTTPResponse
    {
        let registration: RegistryWire.Registration
        do {
            let bytes = try await body.collect(upTo: Self.bodyLimit)
            registration = try RegistryWire.decode(RegistryWire.Registration.self, from: bytes)
        } catch let failure as CallFailure {
            throw DiscoveryError(failure.code == .bodyTooLarge ? .tooLarge : .invalid, failure.message)
        } catch {
            throw DiscoveryError(.invalid, #"expected {"url": "http://host:port", "metadata": {}, "ttlSeconds": 10}"#)
        }
        guard let endpoint = Origin(url: registration.url) else {
            throw DiscoveryError(
                .invalid, "'\(registration.url.prefix(200))' is not an address such as http://127.0.0.1:9001")
        }
        guard registration.ttlSeconds.isFinite, abs(registration.ttlSeconds) < 1e9 else {
            throw DiscoveryError(.invalid, "'ttlSeconds' is out of range")
        }
        let instance = Instance(id: id, service: service, endpoint: endpoint, metadata: registration.metadata ?? [:])
        let lease = try await registry.register(instance, ttl: .seconds(registration.ttlSeconds))
        return try RegistryAnswer.json(RegistryWire.GrantedLease(lease))
    }

    private func listing(of service: String) throws(DiscoveryError) -> HTTPResponse {
        let listing = registry.list(service)
        return try RegistryAnswer.json(
            RegistryWire.Listing(
                service: service, index: listing.index,
                instances: listing.instances.map(RegistryWire.ListedInstance.init)))
    }

    private func summary() throws(DiscoveryError) -> HTTPResponse {
        let (revision, services) = registry.services()
        return try RegistryAnswer.json(
            RegistryWire.Summary(
                index: revision,
                services: services.map { .init(name: $0.service, index: $0.index, instances: $0.instances) }))
    }

    private func changes(after index: UInt64) throws(DiscoveryError) -> HTTPResponse {
        let (revision, changes) = registry.changes(after: index)
        guard let changes else {
            throw DiscoveryError(.compacted, "the changes after \(index) are not kept; list again from \(revision)")
        }
        return try RegistryAnswer.json(
            RegistryWire.Changes(
                index: revision,
                changes: changes.map {
                    .init(
                        index: $0.revision, kind: $0.kind, service: $0.instance.service,
                        instance: RegistryWire.ListedInstance($0.instance))
                }))
    }
}
