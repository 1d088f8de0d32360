// SPDX-License-Identifier: Apache-2.0

/// A message as it came from NATS.
public struct NATSMessage: Sendable, Hashable {
    /// What it was published to.
    public var subject: String
    /// Where an answer goes; of a message that a consumer delivers, where its acknowledgement goes.
    public var reply: String?
    public var headers: [NATSHeader]
    public var data: [UInt8]

    public init(subject: String, reply: String? = nil, headers: [NATSHeader] = [], data: [UInt8] = []) {
        self.subject = subject
        self.reply = reply
        self.headers = headers
        self.data = data
    }

    /// The value of the first header of that name, written alike; nil if there is none.
    public func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }

    /// The number with which the server answers in place of a message: 404, 408, 409, 503; nil for a message.
    public var status: Int? {
        guard data.isEmpty, reply == nil || headers.first?.name == "Status" else { return nil }
        return header("Status").flatMap { Int($0) }
    }
}

/// A name and a value that travel with a message.
public struct NATSHeader: Sendable, Hashable {
    /// Printable ASCII without a colon.
    public var name: String
    /// One line.
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Whether NATS can carry it.
    var isValid: Bool {
        !name.isEmpty && name.utf8.allSatisfy { (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: ":") }
            && value.utf8.allSatisfy { $0 != 13 && $0 != 10 && $0 != 0 }
    }
}
