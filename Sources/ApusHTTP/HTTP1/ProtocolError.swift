// SPDX-License-Identifier: Apache-2.0

/// A message that breaks the rules of HTTP/1.1 or a limit, and what is answered for it.
struct ProtocolError: Error, Equatable {
    /// What the server answers before it closes the connection.
    var status: HTTPStatus
    /// The stable code of the problem document and the metric.
    var code: String
    /// A sentence for a person; holds nothing of the message.
    var detail: String

    private init(_ status: HTTPStatus, _ code: String, _ detail: String) {
        self.status = status
        self.code = code
        self.detail = detail
    }

    static func malformed(_ detail: String) -> ProtocolError { .init(.badRequest, "malformed_request", detail) }
    static func chunk(_ detail: String) -> ProtocolError { .init(.badRequest, "malformed_chunk", detail) }
    static let bareLineFeed = malformed("a line ends with a line feed alone; lines end with CR LF")
    static let uriTooLong = ProtocolError(.uriTooLong, "uri_too_long", "the request target is longer than the limit")
    static let headTooLarge = ProtocolError(
        .headerFieldsTooLarge, "head_too_large", "the header fields are larger than the limit")
    static let tooManyFields = ProtocolError(
        .headerFieldsTooLarge, "too_many_fields", "there are more header fields than the limit allows")
    static let bodyTooLarge = ProtocolError(.contentTooLarge, "body_too_large", "the body is larger than the limit")
    static let version = ProtocolError(
        .versionNotSupported, "version_not_supported", "the server speaks HTTP/1.1 and HTTP/1.0")
    static let coding = ProtocolError(
        .notImplemented, "transfer_coding_not_supported", "the only transfer coding that is supported is chunked")
    static let expectation = ProtocolError(
        .expectationFailed, "expectation_failed", "the only expectation that is supported is 100-continue")
    static let headTimeout = ProtocolError(
        .requestTimeout, "head_timeout", "the head of the request did not arrive in time")
    static let bodyTimeout = ProtocolError(
        .requestTimeout, "body_timeout", "the body of the request made too little progress")
    static let tooManyConnections = ProtocolError(
        .serviceUnavailable, "too_many_connections", "the server has as many connections as it allows")
}
