// SPDX-License-Identifier: Apache-2.0
import ApusContract
import ApusHTTP
import ApusRuntime

/// Who may relay events to a service: whoever has the token that the services of a system share, or, where there is none,
/// processes of the same machine.
///
/// Without a token a request must come from a loopback address or a Unix domain socket, and not by way of a proxy:
/// otherwise a gateway on the same machine that leads to `/events` would let everybody in.
struct EventSender: Sendable {
    private let token: Secret?

    init(token: Secret?) {
        self.token = token
    }

    /// What the sender is told; nil if it may send.
    func refusal(of request: HTTPRequest) -> Problem? {
        guard let token else {
            guard Self.isLocal(request) else {
                return Problem(
                    .forbidden, "Without SERVICE_TOKEN, events are taken from processes of the same machine only.")
            }
            return nil
        }
        let given = request.head.headers.values(.authorization)
        guard given.count == 1, given[0].lowercased().hasPrefix("bearer "),
            Self.isEqual(given[0].dropFirst(7), token.reveal())
        else {
            return Problem(.unauthorized, "Events are taken from services that have this one's SERVICE_TOKEN.")
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
