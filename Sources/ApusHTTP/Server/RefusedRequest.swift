// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOCore

/// A request that the engine refused by itself, and what it answered.
public struct RefusedRequest: Sendable {
    /// What is wrong with it.
    public let error: ProtocolError
    /// The id in `X-Request-Id` of the response: the client's, if the head was valid and had one.
    public let requestID: String
    /// The head, if that was valid.
    public let head: RequestHead?
    /// The connection that it came on, which closes.
    public let connection: ConnectionInfo

    init(_ error: ProtocolError, head: RequestHead?, info: ConnectionInfo) {
        self.error = error
        self.head = head
        connection = info
        var random = FastRandom()
        let id = head?.headers[.requestID].flatMap { RequestID($0) } ?? RequestID(using: &random)
        requestID = id.description
    }

    /// Writes the response: a problem document (RFC 9457), after which the connection closes.
    func write(_ date: inout HTTPDate, to buffer: inout ByteBuffer) {
        let body = problem
        var response = ResponseHead(
            status: error.status, headers: [.contentType: "application/problem+json", .requestID: requestID])
        if error.status == .serviceUnavailable { response.headers.append(.retryAfter, "1") }
        HTTP1Writer.write(
            response, framing: .length(body.utf8.count), keepAlive: false, legacy: false, &date, to: &buffer)
        if head?.method != .head { buffer.writeString(body) }
    }

    private var problem: String {
        var text = "{\"type\":\"urn:apus:problem:\(error.code)\",\"title\":\"\(error.status.reason)\""
        text += ",\"status\":\(error.status.code),\"detail\":\"\(error.detail)\""
        if let head { text += ",\"instance\":" + JSONText.quoted(String(head.path)) }
        text += ",\"code\":\"\(error.code)\",\"requestId\":\"\(requestID)\"}"
        return text
    }
}
