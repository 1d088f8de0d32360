// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// What is wrong with a message that breaks the rules of HTTP/1.1 or a limit, and what is answered for it.
public struct ProtocolError: Error, Equatable, Sendable {
    /// What the server answers before it closes the connection.
    public let status: HTTPStatus
    /// The stable code of the problem document and the metric.
    public let code: String
    /// A sentence for a person; holds nothing of the message.
    public let detail: String

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
    static let plainText = ProtocolError(
        .badRequest, "tls_expected", "this port speaks TLS; the request came without: use https")
    static let tooManyConnections = ProtocolError(
        .serviceUnavailable, "too_many_connections", "the server has as many connections as it allows")
}

extension ProtocolError {
    /// The error of a request's body that reading it failed with, or nil if it failed with something else.
    public init?(_ failure: CallFailure) {
        let bodyErrors: [ProtocolError] = [
            .bodyTooLarge, .bodyTimeout, .headTooLarge, .tooManyFields, .malformed(""), .chunk(""),
        ]
        guard let error = bodyErrors.first(where: { $0.code == failure.code.name }) else { return nil }
        self.init(error.status, error.code, failure.message)
    }
}
