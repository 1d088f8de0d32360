// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A request: received by a server, or to be sent by a client.
public struct HTTPRequest: Sendable {
    @usableFromInline
    struct Fields: Sendable {
        @usableFromInline var head: RequestHead
        @usableFromInline var body: HTTPBody
        @usableFromInline var connection: ConnectionInfo
        @usableFromInline var earlyAnswer: EarlyAnswer?
    }

    /// Small, since it is passed on through every step of its handling.
    @usableFromInline var fields: OutOfLine<Fields>

    /// Method, target and header fields.
    @inlinable public var head: RequestHead {
        _read { yield fields.value.head }
        _modify { yield &fields.value.head }
    }
    /// A received body can be read once.
    @inlinable public var body: HTTPBody {
        _read { yield fields.value.body }
        _modify { yield &fields.value.body }
    }
    /// The connection that it came on; meaningless for a request to be sent.
    @inlinable public var connection: ConnectionInfo {
        _read { yield fields.value.connection }
        _modify { yield &fields.value.connection }
    }
    /// Answers before the responder does; nil for a request that no server received.
    public internal(set) var earlyAnswer: EarlyAnswer? {
        get { fields.value.earlyAnswer }
        set { fields.value.earlyAnswer = newValue }
    }

    public init(head: RequestHead, body: HTTPBody, connection: ConnectionInfo) {
        self.init(head: head, body: body, connection: connection, earlyAnswer: nil)
    }

    init(head: RequestHead, body: HTTPBody, connection: ConnectionInfo, earlyAnswer: EarlyAnswer?) {
        fields = OutOfLine(Fields(head: head, body: body, connection: connection, earlyAnswer: earlyAnswer))
    }

    /// A request to be sent.
    public init(_ method: HTTPMethod, _ target: String, headers: Headers = [:], body: HTTPBody = .empty) {
        self.init(
            head: RequestHead(method: method, target: target, headers: headers), body: body,
            connection: ConnectionInfo(remoteAddress: "", isTLS: false))
    }
}
