// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP

/// The responses of a registry.
enum RegistryAnswer {
    static func json(_ document: some Encodable, status: HTTPStatus = .ok) throws(DiscoveryError) -> HTTPResponse {
        do {
            return HTTPResponse(
                status: status, headers: [.contentType: "application/json"],
                body: HTTPBody(try RegistryWire.encode(document)))
        } catch {
            throw DiscoveryError(.invalidAnswer, "the answer can't be written as JSON")
        }
    }

    static func text(_ text: String, type: String = "text/plain") -> HTTPResponse {
        HTTPResponse(status: .ok, headers: [.contentType: type], body: HTTPBody(text))
    }

    static func problem(_ error: DiscoveryError) -> HTTPResponse {
        let status = status(of: error)
        let document = RegistryWire.Problem(
            type: "about:blank", title: status.reason, status: status.code, detail: error.message,
            code: error.code.name)
        var headers: Headers = [.contentType: "application/problem+json"]
        headers[.retryAfter] = error.retryAfter.map { "\($0.retryAfterSeconds)" }
        do {
            return HTTPResponse(status: status, headers: headers, body: HTTPBody(try RegistryWire.encode(document)))
        } catch {
            return HTTPResponse(status: status)
        }
    }

    static func status(of error: DiscoveryError) -> HTTPStatus {
        switch error.code {
        case .invalid: .badRequest
        case .notFound, .leaseUnknown: .notFound
        case .leaseSuperseded: .conflict
        case .compacted: 410
        case .tooLarge: .contentTooLarge
        case .overloaded, .storage: .serviceUnavailable
        default: .internalServerError
        }
    }
}
