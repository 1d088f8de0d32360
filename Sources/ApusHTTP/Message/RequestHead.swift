// SPDX-License-Identifier: Apache-2.0

/// The head of a request: method, target and header fields.
public struct RequestHead: Sendable {
    /// What the request asks for.
    public var method: HTTPMethod
    /// Path and query in origin form (`/v1/users?limit=10`), or `*`. ASCII, percent-encoded as it came.
    public var target: String
    public var headers: Headers
    public var version: HTTPVersion

    public init(method: HTTPMethod, target: String, headers: Headers = [:], version: HTTPVersion = .http11) {
        self.method = method
        self.target = target
        self.headers = headers
        self.version = version
    }

    /// The part of the target before `?`, still percent-encoded.
    public var path: Substring {
        target.utf8.firstIndex(of: UInt8(ascii: "?")).map { target[..<$0] } ?? target[...]
    }

    /// The part of the target after the first `?`, or nil if there is none.
    public var query: Substring? {
        target.utf8.firstIndex(of: UInt8(ascii: "?")).map { target[target.utf8.index(after: $0)...] }
    }

    /// Host and port that the request is meant for. A target in absolute form has already replaced the `Host` field.
    public var authority: String? { headers[.host] }
}
