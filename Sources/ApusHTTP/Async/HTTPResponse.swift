// SPDX-License-Identifier: Apache-2.0

/// A response: to be sent by a server, or received by a client.
public struct HTTPResponse: Sendable {
    /// Status and header fields.
    public var head: ResponseHead
    /// A received body can be read once.
    public var body: HTTPBody

    public init(head: ResponseHead, body: HTTPBody) {
        self.head = head
        self.body = body
    }

    public init(status: HTTPStatus, headers: Headers = [:], body: HTTPBody = .empty) {
        self.init(head: ResponseHead(status: status, headers: headers), body: body)
    }

    /// The status of the head.
    public var status: HTTPStatus {
        get { head.status }
        set { head.status = newValue }
    }

    /// The header fields of the head.
    public var headers: Headers {
        get { head.headers }
        set { head.headers = newValue }
    }
}
