// SPDX-License-Identifier: Apache-2.0

/// The answer of an operations endpoint, before it is put into whatever carries it.
public struct OpsResponse: Sendable, Hashable {
    /// The HTTP status.
    public var status: Int
    public var contentType: String
    public var body: [UInt8]

    public init(status: Int, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}
