// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusHTTP
import Foundation
import NIOCore

/// A registry reached over HTTP (``RegistryServer``).
public struct HTTPRegistryConnection: RegistryConnection {
    private let endpoint: Origin
    private let client: HTTPClient
    private let timeout: Duration
    private let time: TimeSource

    /// The largest answer that is read, in bytes.
    static let answerLimit = 16 << 20

    /// - Parameters:
    ///   - endpoint: The registry.
    ///   - client: Makes the calls; shared with others.
    ///   - timeout: How long the registry may take, beyond the time that it is asked to wait; default 2 s.
    public init(endpoint: Origin, client: HTTPClient, timeout: Duration = .seconds(2), time: TimeSource = .system) {
        self.endpoint = endpoint
        self.client = client
        self.timeout = timeout
        self.time = time
    }

    public func register(_ instance: Instance, ttl: Duration) async throws(DiscoveryError) -> Lease {
        let registration = RegistryWire.Registration(
            url: instance.endpoint.description, metadata: instance.metadata, ttlSeconds: ttl.seconds)
        let body: ByteBuffer
        do {
            body = try RegistryWire.encode(registration)
        } catch {
            throw DiscoveryError(.invalid, "\(instance.service)/\(instance.id) can't be written as JSON")
        }
        let answer = try await call(.put, path(instance.service, instance.id), body: body)
        return try decode(RegistryWire.GrantedLease.self, answer).lease
    }

    public func renew(_ lease: Lease) async throws(DiscoveryError) {
        _ = try await call(.post, path(lease.service, lease.id) + "/renew?generation=\(lease.generation)")
    }

    public func deregister(_ service: String, id: String, generation: UInt64?) async throws(DiscoveryError) {
        _ = try await call(.delete, path(service, id) + (generation.map { "?generation=\($0)" } ?? ""))
    }

    public func list(
        _ service: String, after index: UInt64, wait: Duration
    ) async throws(DiscoveryError) -> ServiceListing {
        let milliseconds = max(0, wait.nanoseconds / 1_000_000)
        let target = "/v1/services/\(escaped(service))?index=\(index)&wait=\(milliseconds)ms"
        let listing = try decode(RegistryWire.Listing.self, await call(.get, target, extra: wait))
        let instances = listing.instances.compactMap { $0.instance(of: service) }
        guard instances.count == listing.instances.count else {
            throw DiscoveryError(.invalidAnswer, "\(endpoint) lists an instance of \(service) whose URL can't be read")
        }
        return ServiceListing(service: service, index: listing.index, instances: instances)
    }

    private func path(_ service: String, _ id: String) -> String {
        "/v1/services/\(escaped(service))/instances/\(escaped(id))"
    }

    private func escaped(_ name: String) -> String {
        name.addingPercentEncoding(withAllowedCharacters: .alphanumerics.intersection(.init(charactersIn: "!"..."~")))
            ?? ""
    }

    private func call(
        _ method: HTTPMethod, _ target: String, body: ByteBuffer? = nil, extra: Duration = .zero
    ) async throws(DiscoveryError) -> ByteBuffer {
        var headers: Headers = [.accept: "application/json"]
        if body != nil { headers[.contentType] = "application/json" }
        let request = HTTPRequest(method, target, headers: headers, body: body.map { HTTPBody($0) } ?? .empty)
        let deadline = time.now.advanced(by: timeout + extra)
        let response: HTTPResponse
        let bytes: ByteBuffer
        do throws(CallFailure) {
            response = try await client.send(request, to: endpoint, context: CallContext(deadline: deadline))
            bytes = try await response.body.collect(upTo: Self.answerLimit)
        } catch {
            throw DiscoveryError(
                .unreachable, "the registry at \(endpoint): \(error.message)", retryAfter: error.retryAfter)
        }
        guard response.status.statusClass != 2 else { return bytes }
        throw failure(response, bytes)
    }

    private func failure(_ response: HTTPResponse, _ bytes: ByteBuffer) -> DiscoveryError {
        let retryAfter = response.headers[.retryAfter].flatMap { Int64($0) }.map { Duration.seconds($0) }
        do {
            let problem = try RegistryWire.decode(RegistryWire.Problem.self, from: bytes)
            return DiscoveryError(DiscoveryError.Code(problem.code), problem.detail, retryAfter: retryAfter)
        } catch {
            return DiscoveryError(
                .invalidAnswer, "\(endpoint) answers \(response.status) and is no Apus registry", retryAfter: retryAfter
            )
        }
    }

    private func decode<Document: Decodable>(
        _ type: Document.Type, _ bytes: ByteBuffer
    ) throws(DiscoveryError) -> Document {
        do {
            return try RegistryWire.decode(type, from: bytes)
        } catch {
            throw DiscoveryError(.invalidAnswer, "\(endpoint) answers what no Apus registry does")
        }
    }
}
