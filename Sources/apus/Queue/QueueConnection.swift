// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusDiscovery
import ApusHTTP
import ApusRuntime
import Foundation
import NIOCore

/// Calls to services and to the registry, with the token of the environment.
struct QueueConnection {
    /// Five seconds to connect and thirty for an answer.
    private static let timeout = Duration.seconds(30)

    private let client: HTTPClient
    private let token: String?

    /// Runs `body` with a connection of its own.
    static func with<Value>(_ body: (QueueConnection) async throws -> Value) async throws -> Value {
        // First: it may be missing, and nothing is to be closed then.
        let token = try token()
        let loops = EventLoops(count: 1)
        var configuration = HTTPClientConfiguration()
        configuration.connectTimeout = .seconds(5)
        configuration.defaultTimeout = timeout
        let client = HTTPClient(configuration: configuration, loops: loops)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(QueueConnection(client: client, token: token)))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        try await loops.shutdown()
        return try result.get()
    }

    /// `SERVICE_TOKEN`, or what is in the file that `SERVICE_TOKEN_FILE` names.
    private static func token() throws(QueueFailure) -> String? {
        let keys = ["SERVICE_TOKEN", "SERVICE_TOKEN_FILE"]
        var settings = Settings(environment: ProcessInfo.processInfo.environment.filter { keys.contains($0.key) })
        let token = settings.secret("SERVICE_TOKEN", "secret of the system's services")
        do {
            try settings.validate()
        } catch {
            throw QueueFailure("\(error)", exitStatus: 2)
        }
        return token.flatMap { $0.isEmpty ? nil : $0.reveal() }
    }

    /// The instances of a service that the registry knows.
    func instances(of service: String, at registry: Origin) async throws -> [Origin] {
        do {
            return try await HTTPRegistryConnection(endpoint: registry, client: client)
                .list(service, after: 0, wait: .zero).instances.map(\.endpoint)
        } catch {
            throw QueueFailure("the registry at \(registry): \(error.message)")
        }
    }

    /// The services that the registry knows.
    func services(at registry: Origin) async throws -> [String] {
        struct Listing: Decodable {
            struct Service: Decodable { let name: String }
            let services: [Service]
        }
        let listing: Listing = try await call(.get, registry, "/v1/services", isTrusted: false)
        return listing.services.map(\.name).sorted()
    }

    /// Asks, and reads the answer.
    ///
    /// - Throws: ``QueueFailure`` with what the other side says.
    func call<Answer: Decodable>(
        _ method: HTTPMethod, _ origin: Origin, _ target: String, body: (any Encodable & Sendable)? = nil,
        isTrusted: Bool = true
    ) async throws -> Answer {
        let codec = JSONCodec(dates: .rfc3339)
        var headers: Headers = [:]
        if let token, isTrusted { headers[.authorization] = "Bearer \(token)" }
        var payload = HTTPBody.empty
        if let body {
            headers[.contentType] = "application/json"
            payload = HTTPBody(ByteBuffer(bytes: try codec.encode(body)))
        }
        let response: HTTPResponse
        let bytes: [UInt8]
        do throws(CallFailure) {
            response = try await client.send(HTTPRequest(method, target, headers: headers, body: payload), to: origin)
            bytes = Array(try await response.body.collect(upTo: 32 << 20).readableBytesView)
        } catch {
            throw QueueFailure("\(origin): \(error.message)")
        }
        guard (200..<300).contains(response.status.code) else {
            let reason = Self.reason(response, bytes)
            throw QueueFailure("\(origin)\(target): \(reason.text)", isWithoutQueue: reason.isWithoutQueue)
        }
        do {
            return try codec.decode(from: bytes)
        } catch {
            throw QueueFailure("\(origin)\(target): the answer isn't understood: \(error)")
        }
    }

    private static func reason(
        _ response: HTTPResponse, _ bytes: [UInt8]
    ) -> (text: String, isWithoutQueue: Bool) {
        let status = "\(response.status.code) \(response.status.reason)"
        switch response.status.code {
        case 401: return ("\(status); SERVICE_TOKEN must be in the environment, as the services have it", false)
        default:
            do {
                let problem: Problem = try ContractJSON.decode(from: bytes)
                let isWithoutQueue = problem.isKind(of: .noRoute)
                let text = isWithoutQueue ? "it has no queue" : problem.detail ?? problem.title
                return ("\(status): \(text)", isWithoutQueue)
            } catch {
                return (status, false)
            }
        }
    }
}
