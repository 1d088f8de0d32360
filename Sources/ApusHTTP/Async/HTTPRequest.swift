// SPDX-License-Identifier: Apache-2.0

/// A request: received by a server, or to be sent by a client.
public struct HTTPRequest: Sendable {
    /// Method, target and header fields.
    public var head: RequestHead
    /// A received body can be read once.
    public var body: HTTPBody
    /// The connection that it came on; meaningless for a request to be sent.
    public var connection: ConnectionInfo
    /// Answers before the responder does; nil for a request that no server received.
    public internal(set) var earlyAnswer: EarlyAnswer?

    public init(head: RequestHead, body: HTTPBody, connection: ConnectionInfo) {
        self.head = head
        self.body = body
        self.connection = connection
    }

    /// A request to be sent.
    public init(_ method: HTTPMethod, _ target: String, headers: Headers = [:], body: HTTPBody = .empty) {
        self.init(
            head: RequestHead(method: method, target: target, headers: headers), body: body,
            connection: ConnectionInfo(remoteAddress: "", isTLS: false))
    }
}
