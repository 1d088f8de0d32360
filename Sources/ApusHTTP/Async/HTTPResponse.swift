// SPDX-License-Identifier: Apache-2.0

/// A response: to be sent by a server, or received by a client.
public struct HTTPResponse: Sendable {
    public var head: ResponseHead
    public var body: HTTPBody

    public init(head: ResponseHead, body: HTTPBody) {
        self.head = head
        self.body = body
    }

    public init(status: HTTPStatus, headers: Headers = [:], body: HTTPBody = .empty) {
        self.init(head: ResponseHead(status: status, headers: headers), body: body)
    }

    public var status: HTTPStatus {
        get { head.status }
        set { head.status = newValue }
    }

    public var headers: Headers {
        get { head.headers }
        set { head.headers = newValue }
    }
}
