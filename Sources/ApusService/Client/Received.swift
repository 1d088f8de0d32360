// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

/// The output of a call together with what the answer's head said.
public struct Received<Output: Sendable>: Sendable {
    /// The body, decoded.
    public let output: Output
    /// The status that was answered.
    public let status: HTTPStatus
    /// The header fields that were answered.
    public let headers: Headers

    /// The validator of the state that was answered.
    public var etag: String? { headers[.etag] }
}
