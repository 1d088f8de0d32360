// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

/// The output of a call together with what the answer's head said.
public struct Received<Output: Sendable>: Sendable {
    public let output: Output
    public let status: HTTPStatus
    public let headers: Headers

    /// The validator of the state that was answered.
    public var etag: String? { headers[.etag] }
}
