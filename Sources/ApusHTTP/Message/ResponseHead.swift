// SPDX-License-Identifier: Apache-2.0

/// The head of a response: status and header fields.
///
/// The engine itself writes `Date`, `Connection`, `Transfer-Encoding` and, for a whole body, `Content-Length`; the first
/// three are ignored here.
public struct ResponseHead: Sendable {
    /// How the request went.
    public var status: HTTPStatus
    public var headers: Headers
    public var version: HTTPVersion

    public init(status: HTTPStatus, headers: Headers = [:], version: HTTPVersion = .http11) {
        self.status = status
        self.headers = headers
        self.version = version
    }
}
