// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import NIOCore

/// An error of the gateway's own, as `application/problem+json` (RFC 9457). Written by hand, since it must be cheapest
/// when most goes wrong; it says nothing of addresses behind the gateway.
struct GatewayProblem: Sendable {
    var status: HTTPStatus
    var code: String
    var title: String
    var detail: String?
    var service: String?
    var stage: CallFailure.Stage?
    var attempts: Int?
    var retryAfter: Duration?
    /// The value of `Allow` or `WWW-Authenticate`, where the status wants one.
    var extra: (name: HeaderName, value: String)?

    init(_ status: HTTPStatus, _ code: String, _ title: String, detail: String? = nil) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
    }

    /// What a failed call to a service means for the client.
    init(_ failure: CallFailure, service: String, attempts: Int) {
        switch failure.code {
        case .noInstance: self.init(503, failure.code.name, "No instance of the service is available")
        case .connectFailed: self.init(502, failure.code.name, "The service can't be reached")
        case .connectionLost: self.init(502, failure.code.name, "The connection to the service was lost")
        case .deadlineExceeded: self.init(504, failure.code.name, "The time allowed for the call ran out")
        case .breakerOpen: self.init(503, failure.code.name, "Calls to the service are suspended")
        case .overloaded: self.init(503, failure.code.name, "Too much is going on at the moment")
        case .unexpectedStatus:
            self.init(HTTPStatus(failure.status ?? 502), failure.code.name, "The service answered with an error")
        case .cancelled: self.init(503, failure.code.name, "The gateway is shutting down")
        case .invalidResponse: self.init(502, failure.code.name, "The service answered something unexpected")
        default: self.init(502, failure.code.name, "The call to the service failed")
        }
        self.service = service
        stage = failure.stage
        self.attempts = attempts
        retryAfter = failure.retryAfter
    }

    static let malformedTimeout = GatewayProblem(
        400, "malformed_timeout", "The header Apus-Timeout-Ms must be a number of milliseconds")

    /// What the client is told about a body that the engine refuses.
    init(_ error: ProtocolError) {
        self.init(error.status, error.code, error.status.reason, detail: error.detail)
    }

    /// Head and body of the response.
    func response(path: String, requestID: String?, allocator: ByteBufferAllocator) -> (ResponseHead, ByteBuffer) {
        var headers: Headers = [.contentType: "application/problem+json"]
        var text = "{\"type\":\"urn:apus:problem:\(code)\",\"title\":\"\(title)\",\"status\":\(status.code)"
        if let detail { Self.append("detail", detail, to: &text) }
        Self.append("instance", path, to: &text)
        text += ",\"code\":\"\(code)\""
        if let requestID {
            Self.append("requestId", requestID, to: &text)
            headers.append(.requestID, requestID)
        }
        if let service { Self.append("service", service, to: &text) }
        if let stage { text += ",\"stage\":\"\(stage.rawValue)\"" }
        if let attempts { text += ",\"attempts\":\(attempts)" }
        if let retryAfter {
            let seconds = retryAfter.retryAfterSeconds
            text += ",\"retryAfter\":\(seconds)"
            headers.append(.retryAfter, "\(seconds)")
        }
        text += "}"
        if let extra { headers.append(extra.name, extra.value) }
        var body = allocator.buffer(capacity: text.utf8.count)
        body.writeString(text)
        return (ResponseHead(status: status, headers: headers), body)
    }

    private static func append(_ key: String, _ value: String, to text: inout String) {
        text += ",\"\(key)\":\""
        JSONText.append(value, to: &text)
        text += "\""
    }
}
