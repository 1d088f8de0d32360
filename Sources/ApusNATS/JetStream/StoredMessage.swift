// SPDX-License-Identifier: Apache-2.0

/// A message read from a stream, in nobody's hand.
public struct StoredMessage: Sendable, Hashable {
    /// What it was appended to.
    public let subject: String
    /// Its number in the stream.
    public let sequence: UInt64
    /// When the stream took it, by the server's clock, as RFC 3339 writes it.
    public let time: String
    public let headers: [NATSHeader]
    public let data: [UInt8]

    public init(subject: String, sequence: UInt64, time: String, headers: [NATSHeader], data: [UInt8]) {
        self.subject = subject
        self.sequence = sequence
        self.time = time
        self.headers = headers
        self.data = data
    }

    /// The value of the first header of that name; nil if there is none.
    public func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}
