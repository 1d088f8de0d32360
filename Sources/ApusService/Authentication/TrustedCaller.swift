// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusCore
import ApusHTTP
import ApusRuntime

/// Who may use a route that isn't for everybody, such as `/events` and `/faults`: whoever has the token that the services
/// of a system share, or, where there is none, processes of the same machine.
///
/// Without a token a request must come from a loopback address or a Unix domain socket, and not by way of a proxy:
/// otherwise a gateway on the same machine that leads to the route would let everybody in.
struct TrustedCaller: Sendable {
    private let token: Secret?
    private let deed: String

    /// - Parameters:
    ///   - token: `SERVICE_TOKEN`.
    ///   - deed: what they may do, as a sentence about it begins: `Events are taken`.
    init(token: Secret?, deed: String) {
        self.token = token
        self.deed = deed
    }

    /// The answer to who may not; nil for who may.
    ///
    /// - Parameter realm: what `WWW-Authenticate` names.
    func refusal(of request: ServiceRequest, realm: String) -> HTTPResponse? {
        guard var problem = refusal(of: request.http) else { return nil }
        problem.instance = String(request.http.head.path)
        problem.requestID = request.context.requestID?.description
        return problem.response(
            headers: problem.status == 401 ? [.wwwAuthenticate: "Bearer realm=\"\(realm)\""] : [:])
    }

    /// What the caller is told; nil if it may.
    func refusal(of request: HTTPRequest) -> Problem? {
        guard let token else {
            guard Self.isLocal(request) else {
                return Problem(
                    .forbidden, "\(deed) from processes of the same machine only, as there is no SERVICE_TOKEN.")
            }
            return nil
        }
        let given = request.head.headers.values(.authorization)
        guard given.count == 1, given[0].lowercased().hasPrefix("bearer "),
            Self.isEqual(given[0].dropFirst(7), token.reveal())
        else {
            return Problem(.unauthorized, "\(deed) from those that have this service's SERVICE_TOKEN.")
        }
        return nil
    }

    private static func isLocal(_ request: HTTPRequest) -> Bool {
        let headers = request.head.headers
        let isForwarded = headers.contains(.forwarded) || headers.contains(.xForwardedFor) || headers.contains("Via")
        let address = request.connection.remoteAddress
        let isLoopback = address == "unix" || address == "::1" || address.hasPrefix("127.")
        return !isForwarded && (isLoopback || address.hasPrefix("::ffff:127."))
    }

    /// Compares in a time that depends on the length alone.
    private static func isEqual(_ given: Substring, _ token: String) -> Bool {
        guard given.utf8.count == token.utf8.count else { return false }
        return zip(given.utf8, token.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
